"""Understand the words of a request: compile them into a plan over the bundle's catalogue."""

from app.bundle.bundle import LoadedBundle
from app.bundle.remote_texts import FetchedTexts, RemoteTexts
from models.language.plan import Plan


def compile_query(bundle: LoadedBundle, words: str) -> Plan:
    """The plan of a query, which is not blank.

    An encoder over the network is not asked for words and labels, which would be many: they match by their letters.
    """
    encoder = None if isinstance(bundle.text_encoder, RemoteTexts | FetchedTexts) else bundle.text_encoder
    compiler = bundle.words.of(bundle.catalogue, bundle.columns, bundle.spec, encoder, bundle.heads)
    return compiler.compile(words)
