"""Evaluate a predicate over items' fields: the filter of a request, or the job's rule of availability."""

import operator
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from app.bundle.attribute_table import AttributeTable, Column
from models.contract.arrays import Mask
from models.contract.predicate import LISTED, Compare, Operator, Predicate, Truth, evaluate

ORDERING: Mapping[Operator, Callable[[NDArray[np.float64], float], Mask]] = {
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
}

EQUALITY = frozenset({Operator.EQ, Operator.NE})


def evaluate_filter(predicate: Predicate, table: AttributeTable) -> Mask:
    """[n] True where the predicate holds.

    A comparison with a missing field is false, except `ne` and `exists: false`, which are true.
    """

    def compare(node: Compare) -> Truth:
        true = _compare(node, table.column(node.field))
        return Truth(true, ~true)

    return evaluate(predicate, compare, len(table.items)).true


def _compare(node: Compare, column: Column) -> Mask:
    """[n] True where the comparison holds; raises ValueError for a value that the operator cannot take."""
    op, value = node.op, node.value
    if op is Operator.EXISTS and isinstance(value, bool):
        return column.present if value else ~column.present
    if op in LISTED and isinstance(value, tuple):
        join, start = (np.logical_and, True) if op is Operator.HAS_ALL else (np.logical_or, False)
        passing = column.present & start
        for element in value:
            if op is not Operator.HAS_ALL and isinstance(element, str):
                passing[column.rows_with(element)] = True  # costs its rows, not all of them
            else:
                join(passing, column.is_equal(element), out=passing)
        return passing
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        if op in ORDERING and not isinstance(value, str):
            return ORDERING[op](column.numbers, float(value))
        if op in EQUALITY:
            equal = column.is_equal(value)
            return ~equal if op is Operator.NE else equal
    raise ValueError(f"expected an operator with a value that it takes, given {op!r} with {value!r}")
