"""Understand the words of a request: compile them into a plan over the bundle's catalogue."""

from app.bundle.bundle import LoadedBundle
from app.pipeline.query.text_query import read_item_texts
from models.language.plan import Plan
from models.language.text_preference import read_wording


def compile_query(bundle: LoadedBundle, words: str) -> Plan:
    """The plan of a query, which is not blank."""
    wording = read_wording(words, bundle.encode_text, read_item_texts(bundle))
    return Plan(direction=wording.wanted, avoid=(wording.unwanted,) if wording.unwanted else ())
