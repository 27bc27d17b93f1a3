"""Understand the words of a request: compile them into a plan over the bundle's catalogue."""

from app.bundle.bundle import LoadedBundle
from models.language.plan import Plan


def compile_query(bundle: LoadedBundle, words: str) -> Plan:
    """The plan of a query, which is not blank."""
    compiler = bundle.words.of(
        bundle.catalogue, bundle.columns, bundle.spec, bundle.text_encoder, bundle.heads
    )
    return compiler.compile(words)
