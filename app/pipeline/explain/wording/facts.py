"""The recorded evidence of a reason: all that a language model is given of it, and all that its text may name."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.bundle.bundle import LoadedBundle
from app.bundle.title_table import title_field
from app.pipeline.explain.evidence import title_of
from app.pipeline.query.understand import open_compiler
from app.pipeline.types import Reason
from models.contract.catalogue import Item
from models.contract.feature_spec import FieldKind
from models.language.claims import Facts, Names

MOST_VALUES = 12
"""The most labels of a field that are evidence."""


@dataclass(frozen=True, slots=True)
class Told:
    """One reason for one item: its evidence as JSON, and the same as facts that a text may name."""

    content: str  # of this and the language the text is made, and kept
    facts: Facts


def tell_reason(bundle: LoadedBundle, item_id: str, reason: Reason) -> Told:
    """The evidence of a reason for an item of the catalogue.

    It is the code, the strength to one digit, the template's text, the titles of the items that are the reason, and
    the title, labels and numbers of the item itself. Nothing else of the user is in it.
    """
    item = _find(bundle, item_id)
    found = (_find(bundle, other_id) for other_id in reason.item_ids)
    titles = [_title(bundle, other) for other in found if other is not None]
    title = item_id if item is None else _title(bundle, item)
    labels = {} if item is None else _labels(bundle, item)
    numbers = {} if item is None else _numbers(bundle, item)
    strength = float(f"{reason.strength:.1g}")
    content = {
        "code": reason.code,
        "says": reason.text,
        "strength": strength,
        "items": titles,
        "about": {"title": title, **labels, **numbers},
    }
    names = (
        title,
        *titles,
        *(label for values in labels.values() for label in values),
        *_levels(bundle, labels),
    )
    return Told(
        json.dumps(content, ensure_ascii=False),
        Facts(tuple(names), (reason.text, *reason.words.values()), (strength, *numbers.values())),
    )


def name_catalogue(bundle: LoadedBundle) -> Names:
    """All that a text about items of the bundle could name."""
    vocabulary = open_compiler(bundle).vocabulary
    return Names(bundle.titles.of(bundle.catalogue, title_field(bundle.spec)), vocabulary)


def _find(bundle: LoadedBundle, item_id: str) -> Item | None:
    row = bundle.catalogue.row(item_id)
    return None if row is None else bundle.catalogue.item(row)


def _title(bundle: LoadedBundle, item: Item) -> str:
    return title_of(item, tuple(field.name for field in bundle.spec.fields(FieldKind.TEXT)))


def _labels(bundle: LoadedBundle, item: Item) -> Mapping[str, Sequence[str]]:
    """Field -> labels of an item."""
    found: dict[str, Sequence[str]] = {}
    for kind in (FieldKind.CATEGORICAL, FieldKind.CATEGORIES):
        for field in bundle.spec.fields(kind):
            value = item.attributes.get(field.name)
            labels = (value,) if isinstance(value, str) else value
            if isinstance(labels, tuple):
                found[field.name] = [label for label in labels if isinstance(label, str)][:MOST_VALUES]
    return found


def _levels(bundle: LoadedBundle, labels: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The levels of labels that are paths."""
    for name, separator in bundle.spec.hierarchies.items():
        for label in labels.get(name, ()):
            yield from (level.strip() for level in label.split(separator))


def _numbers(bundle: LoadedBundle, item: Item) -> Mapping[str, float]:
    """Field -> number of an item."""
    values = {field.name: item.attributes.get(field.name) for field in bundle.spec.fields(FieldKind.NUMERIC)}
    return {name: float(value) for name, value in values.items() if isinstance(value, int | float)}
