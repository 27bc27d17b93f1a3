"""Which items may be answered: available, passing the filter, not excluded, not seen. Exact, over columns."""

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from app.catalogue import Catalogue
from app.pipeline.predicates import ITEM_ID, All, Compare, Not, Operator, Predicate, Scalar
from app.pipeline.types import Mask, Query
from models.contract.catalogue import Attribute, Item
from models.contract.features import Indices

ORDERING: Mapping[Operator, Callable[[NDArray[np.float64], float], Mask]] = {
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
}


@dataclass(frozen=True, slots=True)
class Column:
    """One field of n items. An item has a number, or any number of labels (a str is a set of one)."""

    numbers: NDArray[np.float64]  # [n] NaN: no number
    present: Mask  # [n] False: no such attribute, NaN, or an empty set
    codes: Mapping[str, int]  # label -> its place in `starts`
    starts: Indices  # [labels + 1]
    rows: Indices  # the rows that carry label c, ascending, are rows[starts[c]:starts[c + 1]]

    def carriers(self, label: str) -> Indices:
        """The rows whose items carry a label."""
        code = self.codes.get(label)
        return self.rows[:0] if code is None else self.rows[self.starts[code] : self.starts[code + 1]]

    def equal(self, value: Scalar) -> Mask:
        """[n] whose number, text or one of whose labels is the value."""
        if not isinstance(value, str):
            return np.equal(self.numbers, value)
        found = np.zeros(len(self.present), dtype=np.bool_)
        found[self.carriers(value)] = True
        return found


class Columns:
    """Columns built on first use, and kept until the catalogue is another one or changes its version."""

    def __init__(self) -> None:
        self._held: tuple[Catalogue, int, dict[str, Column]] | None = None

    def of(self, catalogue: Catalogue, field: str) -> Column:
        """The column of a field; a field that no item has gives an empty column."""
        held = self._held
        if held is None or held[0] is not catalogue or held[1] != catalogue.version:
            held = self._held = (catalogue, catalogue.version, {})
        columns = held[2]
        if field not in columns:
            columns[field] = build_column(islice(catalogue.items, len(catalogue)), field)
        return columns[field]


def allowed_rows(catalogue: Catalogue, query: Query, columns: Columns) -> Mask:
    """[n] True for the items that the query allows.

    An item asked for by name (rank) is not taken away for having been seen.
    """
    allowed = catalogue.available.copy()
    if query.predicate is not None:
        allowed &= evaluate(query.predicate, lambda field: columns.of(catalogue, field))
    removed: Iterable[str] = query.excluded
    if query.exclude_seen and query.item_ids is None:
        removed = chain(removed, (event.item_id for event in query.state.events))
    for item_id in removed:
        row = catalogue.row(item_id)
        if row is not None:
            allowed[row] = False
    return allowed


def evaluate(predicate: Predicate, column: Callable[[str], Column]) -> Mask:
    """[n] True where the predicate holds. Of a missing field only `ne` holds, and `exists` false."""
    if isinstance(predicate, Compare):
        return _compare(predicate, column(predicate.field))
    if isinstance(predicate, Not):
        return np.logical_not(evaluate(predicate.part, column))
    join, start = (np.logical_and, True) if isinstance(predicate, All) else (np.logical_or, False)
    found = np.full(len(column(ITEM_ID).present), start, dtype=np.bool_)
    for part in predicate.parts:
        join(found, evaluate(part, column), out=found)
    return found


def _compare(node: Compare, column: Column) -> Mask:
    if isinstance(node.value, bool):  # exists: the only operator that takes one
        return column.present if node.value else ~column.present
    if isinstance(node.value, tuple):
        join, start = (np.logical_and, True) if node.op is Operator.HAS_ALL else (np.logical_or, False)
        found = column.present & start
        for value in node.value:
            join(found, column.equal(value), out=found)
        return found
    if node.op in ORDERING:
        return ORDERING[node.op](column.numbers, float(node.value))
    equal = column.equal(node.value)
    return ~equal if node.op is Operator.NE else equal


def build_column(items: Iterable[Item], field: str) -> Column:
    """The column of one field of n items."""
    numbers, present, codes = [], [], dict[str, int]()
    label_codes, label_rows = [], []
    for row, item in enumerate(items):
        value = item.item_id if field == ITEM_ID else item.attributes.get(field, math.nan)
        labels = dict.fromkeys(_labels(value))
        numbers.append(math.nan if isinstance(value, str | tuple) else float(value))
        present.append(bool(labels) or not math.isnan(numbers[-1]))
        for label in labels:
            label_codes.append(codes.setdefault(label, len(codes)))
            label_rows.append(row)
    coded = np.array(label_codes, dtype=np.int64)
    ends = np.cumsum(np.bincount(coded, minlength=len(codes)))
    return Column(
        numbers=np.array(numbers, dtype=np.float64),
        present=np.array(present, dtype=np.bool_),
        codes=codes,
        starts=np.concatenate([np.zeros(1, dtype=np.int64), ends]).astype(np.int64),
        rows=np.array(label_rows, dtype=np.int64)[np.argsort(coded, kind="stable")],
    )


def _labels(value: Attribute) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return value if isinstance(value, tuple) else ()
