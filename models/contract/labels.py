"""Item labels: the categories of items as sets and as multi-hot tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from models.contract.arrays import Floats, Indices
from models.contract.catalogue import Item
from models.contract.feature_spec import FeatureSpec, FieldKind
from models.contract.tasks import Head


@dataclass(frozen=True, slots=True, eq=False)
class ItemLabels:
    """m (item, label) pairs over `count` items."""

    count: int
    names: tuple[str, ...]  # the distinct labels, sorted
    items: Indices  # [m] item rows
    codes: Indices  # [m] indices into `names`


def label_field(label: str) -> str:
    """The field name in a label expression of one operand: `genres` in "item.genres", `daypart` in "time.daypart".

    Surrounding spaces and backquotes are removed.
    """
    return label.partition(".")[2].strip().removeprefix("`").removesuffix("`")


def field_labels(item: Item, field: str) -> tuple[str, ...]:
    """The labels in one category field of an item; a single string is one label, a missing field has none."""
    value = item.attributes.get(field, ())
    return value if isinstance(value, tuple) else (str(value),)


def category_labels(spec: FeatureSpec, items: Iterable[Item]) -> list[frozenset[str]]:
    """The labels in all category fields of each item, for Jaccard similarity and category caps.

    Items with the same values share a set.
    """
    names = [field.name for field in spec.fields(FieldKind.CATEGORIES)]
    sets: dict[tuple[tuple[str, ...], ...], frozenset[str]] = {}
    labels = []
    for item in items:
        values = tuple([field_labels(item, name) for name in names])
        found = sets.get(values)
        if found is None:
            found = sets[values] = frozenset(chain.from_iterable(values))
        labels.append(found)
    return labels


def read_labels(items: Sequence[Item], field: str) -> ItemLabels:
    """All labels in one category field of the items."""
    sets = [field_labels(item, field) for item in items]
    names = tuple(sorted({name for labels in sets for name in labels}))
    code_of = {name: code for code, name in enumerate(names)}
    return ItemLabels(
        count=len(sets),
        names=names,
        items=np.repeat(np.arange(len(sets)), [len(labels) for labels in sets]),
        codes=np.array([code_of[name] for labels in sets for name in labels], dtype=np.int64),
    )


def hot_table(labels: ItemLabels, classes: Sequence[str]) -> Floats:
    """[count, C] 1 if the item has the class as a label, else 0; one column of zeros without classes."""
    column = {name: number for number, name in enumerate(classes)}
    columns = np.array([column.get(name, -1) for name in labels.names], dtype=np.int64)[labels.codes]
    table = np.zeros((labels.count, max(len(classes), 1)), dtype=np.float32)
    table[labels.items[columns >= 0], columns[columns >= 0]] = 1
    return table


def hot_labels(head: Head, items: Sequence[Item]) -> Floats:
    """[n, C] 1 if the item has the class of the head as a label; the head's label is `item.<field>`."""
    return hot_table(read_labels(items, label_field(head.task.label)), head.classes)
