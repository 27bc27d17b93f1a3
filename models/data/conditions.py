"""Evaluate label conditions over the log: true, false, or unknown if an interaction lacks the field."""

import operator
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Indices32, Mask
from models.contract.calendar import DAYPARTS, WEEKDAYS, dayparts, weekdays
from models.contract.catalogue import Attribute, Item, User
from models.contract.predicate import Compare, Operator, Predicate, Scalar, Truth, evaluate
from models.data.dataset import Codes, Dataset
from models.job.label_expression import Operand


def evaluate_condition(condition: Predicate, dataset: Dataset) -> Truth:
    """The condition's truth for every interaction of the log; a comparison with a missing field is unknown."""
    return evaluate(condition, lambda node: _compare(node, dataset), len(dataset.interactions))


def read_numbers(operand: Operand, dataset: Dataset) -> NDArray[np.floating]:
    """A numeric operand's values [n], NaN if missing; float32 for `value`, as in the log."""
    if operand.source == "value":
        return dataset.interactions.values
    if operand.source == "label":
        return dataset.interactions.labels[str(operand.field)]
    values = [value if isinstance(value, float) else np.nan for value in _attributes(operand, dataset)]
    return np.array(values, dtype=np.float64)[_rows(operand, dataset)]


def read_codes(operand: Operand, dataset: Dataset) -> Codes:
    """The names of an action, time or context operand, and the code [n] of each interaction, -1 if missing.

    Raises ValueError for any other operand.
    """
    log = dataset.interactions
    match operand.source, operand.field:
        case "action", None:
            return Codes(log.action_names, log.actions) if log.raw_actions is None else log.raw_actions
        case "context", str(name) if name in log.contexts:
            return log.contexts[name]
        case "time", "daypart":
            return Codes(DAYPARTS, dayparts(log.times))
        case "time", "weekday":
            return Codes(WEEKDAYS, weekdays(log.times))
    names = ("action", "time.daypart", "time.weekday", *(f"context.{name}" for name in log.contexts))
    raise ValueError(f"expected one of {', '.join(names)}, given {str(operand)!r}")


_NUMERIC: dict[Operator, Callable[[NDArray[np.floating], np.floating], Mask]] = {
    Operator.EQ: operator.eq,
    Operator.NE: operator.ne,
    Operator.IN: operator.eq,
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
}


def _compare(node: Compare, dataset: Dataset) -> Truth:
    """The truth [n] of a comparison. Raises ValueError for an operator that label conditions do not have."""
    if node.op not in _NUMERIC:
        raise ValueError(f"expected one of {', '.join(_NUMERIC)}, given {node.op}")
    operand = Operand.of(node.field)
    literals: tuple[Scalar, ...] = node.value if isinstance(node.value, tuple) else (node.value,)
    if isinstance(literals[0], str):
        return _compare_labels(node.op, literals, *_label_sets(operand, dataset))
    return _compare_numbers(node.op, literals, read_numbers(operand, dataset))


def _compare_labels(
    op: Operator, literals: tuple[Scalar, ...], sets: Sequence[set[Attribute]], rows: Indices32
) -> Truth:
    """A comparison of label sets: a set is `in` the literals if it shares one with them; unknown if empty."""
    if op not in (Operator.EQ, Operator.NE, Operator.IN):
        raise ValueError(f"expected eq, ne or in to compare texts, given {op}")
    literal_set = set(literals)
    holds = np.array([bool(labels & literal_set) != (op is Operator.NE) for labels in sets], dtype=bool)
    has_labels = np.array([bool(labels) for labels in sets], dtype=bool)
    return Truth((holds & has_labels)[rows], (~holds & has_labels)[rows])


def _compare_numbers(op: Operator, literals: tuple[Scalar, ...], numbers: NDArray[np.floating]) -> Truth:
    """A comparison of numbers in their precision, so that a float32 value of 4.2 equals 4.2; NaN is unknown."""
    compare = _NUMERIC[op]
    has_value = ~np.isnan(numbers)
    holds = np.any([compare(numbers, numbers.dtype.type(literal)) for literal in literals], axis=0)
    return Truth(holds & has_value, ~holds & has_value)


def _label_sets(operand: Operand, dataset: Dataset) -> tuple[list[set[Attribute]], Indices32]:
    """The label sets of a text operand, and for each interaction the index of its set [n]."""
    if operand.source in ("item", "user"):
        return [_labels(value) for value in _attributes(operand, dataset)], _rows(operand, dataset)
    names, codes = read_codes(operand, dataset)
    return [*(_labels(name) for name in names), set()], codes  # code -1, missing, selects the last


def _labels(value: Attribute | None) -> set[Attribute]:
    """The label set of an attribute; empty if it is missing."""
    if value is None:
        return set()
    return set(value) if isinstance(value, tuple) else {value}


def _attributes(operand: Operand, dataset: Dataset) -> list[Attribute | None]:
    """One attribute of every item, or of every user."""
    holders: Sequence[Item | User] = dataset.items if operand.source == "item" else dataset.users
    return [holder.attributes.get(str(operand.field)) for holder in holders]


def _rows(operand: Operand, dataset: Dataset) -> Indices32:
    """The row of the item, or of the user, of each interaction [n]."""
    return dataset.interactions.items if operand.source == "item" else dataset.interactions.users
