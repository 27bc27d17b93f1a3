"""Understand the words of a request: compile them into a plan over the bundle's catalogue."""

import json

from app.bundle.bundle import LoadedBundle
from app.bundle.remote_texts import FetchedTexts, RemoteTexts
from models.language.plan import Plan
from models.language.words.compiler import Compiler
from models.language.words.vocabulary import Vocabulary

MOST_LABELS = 100
"""The most labels of a field in the description of a catalogue."""


def compile_query(bundle: LoadedBundle, words: str) -> Plan:
    """The plan of a query, which is not blank."""
    return open_compiler(bundle).compile(words)


def describe_catalogue(bundle: LoadedBundle) -> str:
    """The fields, labels and heads that a plan may name, as JSON for a language model; made once for each version."""
    return bundle.descriptions.of(bundle.catalogue, lambda: _describe(open_compiler(bundle).vocabulary))


def _describe(vocabulary: Vocabulary) -> str:
    labels: dict[str, list[str]] = {}
    for label in vocabulary.labels:
        labels.setdefault(label.field, []).append(label.value)
    content = {
        "labels": {field: values[:MOST_LABELS] for field, values in labels.items()},
        "numbers": {
            number.name: {"lowest": number.lowest, "quartiles": number.quartiles, "highest": number.highest}
            for number in vocabulary.numbers
        },
        "heads": list(vocabulary.heads),
    }
    return json.dumps(content, ensure_ascii=False)


def open_compiler(bundle: LoadedBundle) -> Compiler:
    """The compiler of the catalogue's words.

    An encoder over the network is not asked for words and labels, which would be many: they match by their letters.
    """
    encoder = None if isinstance(bundle.text_encoder, RemoteTexts | FetchedTexts) else bundle.text_encoder
    return bundle.words.of(bundle.catalogue, bundle.columns, bundle.spec, encoder, bundle.list_heads)
