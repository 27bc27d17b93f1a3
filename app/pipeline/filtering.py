"""Which items may be answered: available, passing the filter, not excluded, not seen. Exact, over columns."""

import operator
from collections.abc import Callable, Iterable, Mapping
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from app.bundle.attribute_index import AttributeIndex, AttributeTable, Column
from app.bundle.catalogue import Catalogue
from app.pipeline.types import Query
from models.contract.arrays import Mask
from models.contract.predicate import All, Compare, Not, Operator, Predicate

ORDERING: Mapping[Operator, Callable[[NDArray[np.float64], float], Mask]] = {
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
}


def allowed_rows(catalogue: Catalogue, query: Query, columns: AttributeIndex) -> Mask:
    """[n] True for the items that the query allows.

    An item asked for by name (rank) is not taken away for having been seen.
    """
    allowed = (catalogue.available if query.item_ids is None else catalogue.present).copy()
    if query.predicate is not None:
        allowed &= passing_rows(catalogue, query.predicate, columns)
    removed: Iterable[str] = query.excluded
    if query.exclude_seen and query.item_ids is None:
        removed = chain(removed, query.state.seen)
    for item_id in removed:
        row = catalogue.row(item_id)
        if row is not None:
            allowed[row] = False
    return allowed


def passing_rows(catalogue: Catalogue, predicate: Predicate, columns: AttributeIndex) -> Mask:
    """[n] True for the items of which the predicate holds."""
    tables = columns.of(catalogue)
    passing = np.zeros(len(catalogue), dtype=np.bool_)
    known = evaluate(predicate, tables.all)[: len(catalogue)]
    passing[: len(known)] = known
    passing[tables.fresh_rows] = evaluate(predicate, tables.fresh)
    return passing


def evaluate(predicate: Predicate, table: AttributeTable) -> Mask:
    """[n] True where the predicate holds. Of a missing field only `ne` holds, and `exists` false."""
    if isinstance(predicate, Compare):
        return _compare(predicate, table.column(predicate.field))
    if isinstance(predicate, Not):
        return np.logical_not(evaluate(predicate.part, table))
    join, start = (np.logical_and, True) if isinstance(predicate, All) else (np.logical_or, False)
    found = np.full(len(table.items), start, dtype=np.bool_)
    for part in predicate.parts:
        join(found, evaluate(part, table), out=found)
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
