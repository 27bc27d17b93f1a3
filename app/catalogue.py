"""The live item table: the bundle's items, and what was put or deleted since. Rows never move.

A `Catalogue` is a view of fixed length over a store that grows: a request keeps the view it began with, and a
change gives a new view. A change to a row that a running request reads may show in it at once, which is harmless.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.pipeline.types import Mask
from models.contract.catalogue import Attribute, Item
from models.contract.features import FeatureSpec, FieldKind, Floats, Indices
from models.contract.tasks import Head, TaskKind

GROWTH = 1.5


@dataclass(frozen=True, slots=True)
class ItemRow:
    """What the network makes of one item."""

    vector: Floats  # [D + 1] the last number is the bias
    text: Floats  # [T]


@dataclass(slots=True)
class ItemStore:
    """The growing columns behind all views: one writer at a time."""

    spec: FeatureSpec
    label_heads: tuple[Head, ...]
    ids: list[str] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    labels: list[frozenset[str]] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    columns: dict[str, np.ndarray] = field(default_factory=dict)

    def append(self, item: Item) -> int:
        """A new row, of zeros; columns are replaced by larger ones where they are full."""
        number = len(self.items)
        for name, column in self.columns.items():
            if number >= len(column):
                larger = np.zeros((int(GROWTH * number) + 16, *column.shape[1:]), dtype=column.dtype)
                larger[:number] = column
                self.columns[name] = larger
        self.ids.append(item.item_id)
        self.items.append(item)
        self.labels.append(frozenset())
        self.rows[item.item_id] = number
        return number

    def write(self, number: int, item: Item, row: ItemRow) -> None:
        """Fill a row."""
        self.items[number] = item
        self.labels[number] = labels_of(self.spec, item)
        self.columns["vectors"][number] = row.vector
        self.columns["text"][number] = row.text
        self.columns["available"][number] = item.available
        self.columns["present"][number] = True
        for head in self.label_heads:
            self.columns[_label_key(head.task.name)][number] = hot_labels(head, [item])[0]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Columns over n items, as they were when the view was taken."""

    store: ItemStore
    count: int
    version: int = 0
    changed: frozenset[int] = frozenset()

    @staticmethod
    def of(
        spec: FeatureSpec,
        heads: Sequence[Head],
        items: Sequence[Item],
        columns: tuple[Floats, Floats, Floats],
    ) -> "Catalogue":
        """`columns`: vectors [n, D + 1], text [n, T], statistics [n, S]. Raises ValueError for other lengths."""
        vectors, text, statistics = columns
        if not len(items) == len(vectors) == len(text) == len(statistics):
            raise ValueError(
                f"expected columns of {len(items)} items, given {[len(part) for part in columns]}"
            )
        label_heads = tuple(head for head in heads if head.task.kind is TaskKind.MULTILABEL)
        store = ItemStore(spec, label_heads)
        store.ids = [item.item_id for item in items]
        store.items = list(items)
        store.labels = [labels_of(spec, item) for item in items]
        store.rows = {item_id: row for row, item_id in enumerate(store.ids)}
        available = np.fromiter((item.available for item in items), np.bool_, len(items))
        store.columns = {
            "vectors": vectors,
            "text": text,
            "statistics": statistics,
            "available": available,
            "present": np.ones(len(items), dtype=np.bool_),
        }
        for head in label_heads:
            store.columns[_label_key(head.task.name)] = hot_labels(head, items)
        return Catalogue(store, len(items))

    def __len__(self) -> int:
        return self.count

    def __contains__(self, item_id: str) -> bool:
        """Whether the item is there and not deleted."""
        number = self.row(item_id)
        return number is not None and bool(self.present[number])

    def row(self, item_id: str) -> int | None:
        """The item's row, a deleted one's too: histories still speak of it. None where it was never there."""
        number = self.store.rows.get(item_id)
        return number if number is not None and number < self.count else None

    def item(self, row: int) -> Item:
        """The item at a row."""
        return self.store.items[row]

    @property
    def ids(self) -> Sequence[str]:
        """Row -> id; it may go on past the view's end."""
        return self.store.ids

    @property
    def items(self) -> Sequence[Item]:
        """Row -> item."""
        return self.store.items if len(self.store.items) == self.count else self.store.items[: self.count]

    @property
    def labels(self) -> Sequence[frozenset[str]]:
        """Row -> the labels of all category fields, for Jaccard and category caps; may go on past the end."""
        return self.store.labels

    @property
    def vectors(self) -> Floats:
        """[n, D + 1]: the inner product with a user's vector is the `next` logit."""
        return self._view("vectors")

    @property
    def text(self) -> Floats:
        """[n, T] unit text vectors; a zero row where there is no text."""
        return self._view("text")

    @property
    def statistics(self) -> Floats:
        """[n, S] columns of STATISTICS."""
        return self._view("statistics")

    @property
    def available(self) -> Mask:
        """[n] False: deleted or not available."""
        return self._view("available")

    @property
    def present(self) -> Mask:
        """[n] False: deleted."""
        return self._view("present")

    @property
    def fresh(self) -> Indices:
        """Rows that an index over the bundle's vectors does not hold as they are now."""
        return np.array(sorted(self.changed), dtype=np.int64)

    def head_labels(self, name: str, rows: Indices) -> Floats:
        """[K, classes] 1 where the item carries a multilabel head's class."""
        return self._view(_label_key(name))[rows]

    def with_item(self, item: Item, row: ItemRow) -> "Catalogue":
        """The catalogue with an item added, or replaced where it stands: searchable from now on."""
        number = self.row(item.item_id)
        added = number is None
        if number is None:
            number = self.store.append(item)
        self.store.write(number, item, row)
        return Catalogue(self.store, self.count + added, self.version + 1, self.changed | {number})

    def without(self, item_id: str) -> "Catalogue":
        """The catalogue with an item in no answer any more; an unknown one is no error."""
        number = self.row(item_id)
        if number is not None:
            self.store.columns["available"][number] = False
            self.store.columns["present"][number] = False
        return Catalogue(self.store, self.count, self.version + 1, self.changed)

    def _view(self, name: str) -> np.ndarray:
        return self.store.columns[name][: self.count]


def labels_of(spec: FeatureSpec, item: Item) -> frozenset[str]:
    """The labels of all of an item's category fields."""
    found: set[str] = set()
    for one in spec.fields(FieldKind.CATEGORIES):
        found.update(_labels(item.attributes, one.name))
    return frozenset(found)


def hot_labels(head: Head, items: Sequence[Item]) -> Floats:
    """[n, classes] of a multilabel head, whose label is `item.<field>`."""
    name = head.task.label.removeprefix("item.").strip()
    column = {label: number for number, label in enumerate(head.classes)}
    hot = np.zeros((len(items), len(head.classes)), dtype=np.float32)
    for number, item in enumerate(items):
        for label in _labels(item.attributes, name):
            if label in column:
                hot[number, column[label]] = 1
    return hot


def _labels(attributes: Mapping[str, Attribute], name: str) -> tuple[str, ...]:
    value = attributes.get(name, ())
    return value if isinstance(value, tuple) else (str(value),)


def _label_key(head: str) -> str:
    return f"labels:{head}"
