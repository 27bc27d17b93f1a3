"""The growing columns of the live item table, shared by all views of a catalogue."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.bundle.attribute_filter import evaluate_filter
from app.bundle.attribute_table import AttributeTable
from app.bundle.item_lines import ItemLines
from app.bundle.packed_columns import make_table
from app.bundle.text_index import TextIndex
from models.contract.arrays import Floats, Indices, Mask, make_no_rows
from models.contract.blank_items import find_blank_items
from models.contract.catalogue import Item
from models.contract.feature_spec import FeatureSpec
from models.contract.labels import category_labels, hot_labels
from models.contract.predicate import Predicate
from models.contract.statistics import RECENT
from models.contract.tasks import Head
from models.contract.user_vector import BIAS_COLUMNS

GROWTH = 1.5
"""Factor by which full columns grow."""


@dataclass(frozen=True, slots=True)
class ItemRow:
    """The vectors of one item."""

    vector: Floats  # [D + 2] a row of the item table (models.contract.user_vector)
    text: Floats  # [T]


@dataclass(frozen=True, slots=True)
class LoadedRows:
    """Rows of n items of the bundle, as they were before they changed first."""

    numbers: Indices  # [n]
    items: tuple[Item, ...]
    labels: tuple[frozenset[str], ...]
    columns: dict[str, np.ndarray]  # column -> values [n, ...]


@dataclass(slots=True)
class ItemColumns:
    """The growing columns behind all views. Needs one writer at a time."""

    spec: FeatureSpec
    label_heads: tuple[Head, ...]
    rule: Predicate | None = None  # of availability, over the item's fields
    ids: list[str] = field(default_factory=list)
    items: list[Item] | ItemLines = field(default_factory=list)
    labels: list[frozenset[str]] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    loaded: int = 0  # the first rows, which are those of the bundle
    replaced: list[LoadedRows] = field(default_factory=list)
    replaced_numbers: set[int] = field(default_factory=set)
    text_index: TextIndex | None = None  # over the column `text` of the loaded rows
    live_rows: Indices = field(default_factory=make_no_rows)
    """Rows whose statistics have live counts; the columns `trained` and `bias` have what all rows are without them."""

    def fork(self) -> "ItemColumns":
        """A copy of the columns as they were loaded. A change of either is not seen by the other.

        Counts as a writer: no other may write meanwhile.
        """
        count = self.loaded
        fork = ItemColumns(
            *(self.spec, self.label_heads, self.rule),
            *(self.ids[:count], _loaded_items(self.items, count), self.labels[:count]),
            rows={item_id: row for row, item_id in enumerate(self.ids[:count])},
            columns={name: column[:count].copy() for name, column in self.columns.items()},
            loaded=count,
            text_index=self.text_index,
        )
        for before in self.replaced:
            for name, values in before.columns.items():
                fork.columns[name][before.numbers] = values
            for number, item, labels in zip(before.numbers, before.items, before.labels, strict=True):
                fork.items[number], fork.labels[number] = item, labels
        fork.remove_live(np.arange(count))
        return fork

    def set_live(self, rows: Indices, statistics: Floats, bias: Floats) -> None:
        """Give rows [m] live statistics [m, S], and add to their biases [m]; all other rows lose theirs.

        A row is written whole, so that a request that reads meanwhile sees the values before or after.
        """
        self.remove_live(np.setdiff1d(self.live_rows, rows))
        self.columns["statistics"][rows] = statistics
        own = self.columns["bias"][rows]
        recent = statistics[:, RECENT] - self.columns["trained"][rows, RECENT]
        self.columns["vectors"][rows, -BIAS_COLUMNS:] = own + np.stack([bias, recent], axis=1)
        self.live_rows = rows

    def remove_live(self, rows: Indices) -> None:
        """Give rows the statistics and biases of the bundle."""
        self.columns["statistics"][rows] = self.columns["trained"][rows]
        self.columns["vectors"][rows, -BIAS_COLUMNS:] = self.columns["bias"][rows]

    def keep_loaded(self, numbers: Iterable[int]) -> None:
        """Keep those of these rows that are still as they were loaded, since they are about to change."""
        found = sorted({row for row in numbers if row < self.loaded} - self.replaced_numbers)
        if not found:
            return
        rows = np.array(found, dtype=np.int64)
        self.replaced.append(
            LoadedRows(
                rows,
                tuple(self.items[row] for row in found),
                tuple(self.labels[row] for row in found),
                {name: column[rows] for name, column in self.columns.items()},
            )
        )
        self.replaced_numbers.update(found)

    def make_room(self, larger: Mapping[str, np.ndarray]) -> None:
        """Take columns with room after the same first rows, and give the others such room in memory not used yet.

        Columns of a large catalogue would be copied with the first item put, which takes seconds.
        """
        if not larger:
            return
        capacity = min(map(len, larger.values()))
        for name, column in self.columns.items():
            self.columns[name] = larger[name] if name in larger else _widen(column, capacity)

    def add(self, item: Item) -> int:
        """The item's row; a new item gets a row of zeros, not present. Full columns are replaced by larger ones."""
        if (row := self.rows.get(item.item_id)) is not None:
            return row
        number = len(self.items)
        for name, column in self.columns.items():
            if number >= len(column):
                self.columns[name] = _widen(column, int(GROWTH * number) + 16)
        self.ids.append(item.item_id)
        self.items.append(item)
        self.labels.append(frozenset())
        self.rows[item.item_id] = number
        return number

    def are_available(self, items: Sequence[Item]) -> Mask:
        """[n] True for the items that are not marked as unavailable, and of which the rule holds."""
        available = np.fromiter((item.available for item in items), np.bool_, len(items))
        return available & self._hold_rule(AttributeTable(tuple(items)))

    def are_loaded_available(self, items: ItemLines) -> Mask:
        """[n] the same for the items of a large bundle."""
        return items.packed.available & self._hold_rule(make_table(items))

    def _hold_rule(self, table: AttributeTable) -> Mask:
        """[n] True for the items of which the rule holds."""
        if self.rule is None:
            return np.ones(len(table.items), dtype=np.bool_)
        return evaluate_filter(self.rule, table)

    def put(self, items: Sequence[Item], rows: Sequence[ItemRow]) -> Indices:
        """Write distinct items and return their rows. Everything is computed before the first write.

        Raises ValueError for rows of another shape, and leaves the store unchanged.
        """
        columns = self._column_values(items, rows)
        labels = category_labels(self.spec, items)
        numbers = [self.add(item) for item in items]
        self.keep_loaded(numbers)
        added = self.columns["vectors"][numbers, -BIAS_COLUMNS:] - self.columns["bias"][numbers]
        columns["bias"] = columns["vectors"][:, -BIAS_COLUMNS:].copy()
        columns["vectors"][:, -BIAS_COLUMNS:] += added  # live counts stay
        for name, values in columns.items():
            self.columns[name][numbers] = values
        for number, item, item_labels in zip(numbers, items, labels, strict=True):
            self.items[number] = item
            self.labels[number] = item_labels
        return np.array(numbers, dtype=np.int64)

    def _column_values(self, items: Sequence[Item], rows: Sequence[ItemRow]) -> dict[str, np.ndarray]:
        """Column -> the items' values [n, ...], without the statistics, which a put does not change."""
        text = np.stack([row.text for row in rows])
        columns: dict[str, np.ndarray] = {
            "vectors": np.stack([row.vector for row in rows]),
            "text": text,
            "id_indices": self.spec.item_ids.encode(item.item_id for item in items),
            "available": self.are_available(items),
            "present": np.ones(len(items), dtype=np.bool_),
        }
        for head in self.label_heads:
            columns[label_key(head.task.name)] = hot_labels(head, items)
        for name, values in columns.items():
            if values.shape != (len(items), *self.columns[name].shape[1:]):
                raise ValueError(
                    f"expected {name} of {len(items)} rows of {self.columns[name].shape[1:]}, "
                    f"given {values.shape}"
                )
        return columns | {"blank": find_blank_items(self.spec, items, text)}


def _loaded_items(items: list[Item] | ItemLines, count: int) -> list[Item] | ItemLines:
    """The first `count` items, which are those of the bundle."""
    return items.as_loaded() if isinstance(items, ItemLines) else items[:count]


def _widen(column: np.ndarray, capacity: int) -> np.ndarray:
    """[capacity, ...] a copy of a column with zeros after it."""
    larger = np.zeros((capacity, *column.shape[1:]), dtype=column.dtype)
    larger[: len(column)] = column
    return larger


def label_key(head: str) -> str:
    """The name of the column with the labels of a head."""
    return f"labels:{head}"
