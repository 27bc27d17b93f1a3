"""Notes on a filter: the parts of it that hold for no item, and why a list is short.

Labels are looked up for every request, which takes microseconds. Numbers are searched only if the list is short.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.bundle.attribute_filter import ORDERING
from app.bundle.attribute_index import AttributeIndex, CatalogueTables
from app.bundle.catalogue import Catalogue
from app.pipeline.filtering import match_predicate
from app.pipeline.notes import FewItemsPass, MoreNotes, NoItemHasField, NoItemHasValue, Note, OutOfRange
from app.pipeline.types import Query
from models.contract.arrays import Mask
from models.contract.nearest import find_nearest
from models.contract.predicate import ITEM_ID, Compare, Operator, Scalar
from models.contract.predicate_check import walk

MOST_NOTES = 20
"""The most notes of an answer; one more says how many more there are."""
FIRST = 64
"""Rows of a label that are looked at before all others: most labels have an item among them."""


@dataclass(frozen=True, slots=True)
class FilteredItems:
    """The items that a filter selects from: all of `base` in the catalogue."""

    catalogue: Catalogue
    tables: CatalogueTables
    base: Mask  # [n]

    def has_label(self, field: str, label: str) -> bool:
        """True if an item has the label in the field."""
        rows = self.tables.all.column(field).rows_with(label)
        rows = rows[: np.searchsorted(rows, len(self.base))]
        if len(self.tables.fresh_rows):  # their cached values are old
            rows = rows[~np.isin(rows, self.tables.fresh_rows)]
        fresh = self.tables.fresh_rows[self.tables.fresh.column(field).rows_with(label)]
        return any(self.base[part].any() for part in (fresh, rows[:FIRST], rows[FIRST:]))

    def labels(self, field: str) -> list[str]:
        """The distinct labels of a field, also of items outside of `base`."""
        columns = (self.tables.all.column(field), self.tables.fresh.column(field))
        return list(dict.fromkeys(label for column in columns for label in column.codes))

    def numbers(self, field: str) -> NDArray[np.float64]:
        """The numbers of the items in a field, without missing ones."""
        numbers = np.full(len(self.base), np.nan)
        cached = self.tables.all.column(field).numbers[: len(self.base)]
        numbers[: len(cached)] = cached
        numbers[self.tables.fresh_rows] = self.tables.fresh.column(field).numbers
        return np.asarray(numbers[self.base & ~np.isnan(numbers)])

    def has_field(self, field: str) -> bool:
        """True if an item has the field."""
        present = np.zeros(len(self.base), dtype=np.bool_)
        cached = self.tables.all.column(field).present[: len(self.base)]
        present[: len(cached)] = cached
        present[self.tables.fresh_rows] = self.tables.fresh.column(field).present
        return bool((present & self.base).any())


def find_filter_notes(
    catalogue: Catalogue, query: Query, columns: AttributeIndex, listed: int
) -> tuple[Note, ...]:
    """The notes on a query's filter, for a list of `listed` items."""
    if query.predicate is None:
        return ()
    base = catalogue.available if query.item_ids is None else catalogue.present
    items = FilteredItems(catalogue, columns.of(catalogue), base)
    asked = query.limit if query.item_ids is None else min(query.limit, len(query.item_ids))
    is_short = listed < asked
    notes: list[Note] = []
    for node, path in walk(query.predicate):
        if isinstance(node, Compare):
            notes += _comparison_notes(items, node, f"{path}.{node.field}", is_short)
    if len(notes) > MOST_NOTES:
        notes = [*notes[:MOST_NOTES], MoreNotes(len(notes) - MOST_NOTES)]
    if is_short and query.item_ids is None:
        passing = int(np.count_nonzero(match_predicate(catalogue, query.predicate, columns) & base))
        notes += [FewItemsPass(passing)] if passing < query.limit else []
    return tuple(notes)


def _comparison_notes(items: FilteredItems, node: Compare, path: str, is_short: bool) -> Iterator[Note]:
    if node.op is Operator.EXISTS:
        if is_short and node.value is True and not items.has_field(node.field):
            yield NoItemHasField(path)
        return
    values = node.value if isinstance(node.value, tuple) else (node.value,)
    labels = [value for value in values if isinstance(value, str)]
    yield from _label_notes(items, node.field, path, labels)
    if is_short and len(labels) < len(values):
        yield from _number_notes(items, node, path, [value for value in values if not isinstance(value, str)])


def _label_notes(
    items: FilteredItems, field: str, path: str, labels: Sequence[str]
) -> Iterator[NoItemHasValue]:
    """A note for each label that no item has. IDs have no nearest ones: another ID is another item."""
    for label in labels:
        if not items.has_label(field, label):
            known = () if field == ITEM_ID else items.labels(field)
            nearest = (other for other in find_nearest(label, known) if items.has_label(field, other))
            yield NoItemHasValue(path, label, tuple(nearest))


def _number_notes(items: FilteredItems, node: Compare, path: str, values: Sequence[float]) -> Iterator[Note]:
    numbers = items.numbers(node.field)
    if not len(numbers):
        yield NoItemHasField(path)
        return
    for value in values:
        if node.op in ORDERING:
            if not ORDERING[node.op](numbers, value).any():
                yield OutOfRange(path, value, float(numbers.min()), float(numbers.max()))
        elif not (numbers == value).any():
            yield NoItemHasValue(path, value, _neighbours(numbers, value))


def _neighbours(numbers: NDArray[np.float64], value: float) -> tuple[Scalar, ...]:
    """The nearest number below `value` and the nearest above, where there is one."""
    below, above = numbers[numbers < value], numbers[numbers > value]
    return (*([float(below.max())] if len(below) else []), *([float(above.min())] if len(above) else []))
