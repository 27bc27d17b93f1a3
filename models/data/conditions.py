"""Conditions over interactions: true, false, or not known (Kleene's three values)."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Indices, Mask
from models.contract.catalogue import Attribute, Item, User
from models.contract.features import DAY, DAYPARTS, WEEKDAYS
from models.data.dataset import Codes, Dataset
from models.job.label_expression import And, Comparison, Condition, Not, Operand, Or


@dataclass(frozen=True, slots=True)
class Truth:
    """One truth value an interaction."""

    true: Mask  # [n]
    known: Mask  # [n]


def truth(condition: Condition, dataset: Dataset) -> Truth:
    """A condition's truth for every interaction of the log; a comparison with nothing is not known."""
    match condition:
        case Comparison():
            return _compare(condition, dataset)
        case Not(part):
            found = truth(part, dataset)
            return Truth(~found.true & found.known, found.known)
        case And(left, right):
            one, other = truth(left, dataset), truth(right, dataset)
            false = (one.known & ~one.true) | (other.known & ~other.true)
            return Truth(one.true & other.true, (one.known & other.known) | false)
        case Or(left, right):
            one, other = truth(left, dataset), truth(right, dataset)
            true = one.true | other.true
            return Truth(true, (one.known & other.known) | true)


def numbers_of(operand: Operand, dataset: Dataset) -> NDArray[np.floating]:
    """A numeric operand's values [n], NaN where there is none; `value` is float32, as the log has it."""
    if operand.source == "value":
        return dataset.interactions.values
    values = [value if isinstance(value, float) else np.nan for value in _attributes(operand, dataset)]
    return np.array(values, dtype=np.float64)[_rows(operand, dataset)]


def codes_of(operand: Operand, dataset: Dataset) -> Codes:
    """A text operand of the moment: action, time or context."""
    log = dataset.interactions
    if operand.source == "action":
        return Codes(log.action_names, log.actions)
    if operand.source == "context":
        return log.contexts[str(operand.field)]
    if operand.field == "daypart":  # as models.contract.features.daypart and weekday, of many at once
        return Codes(DAYPARTS, (log.times % DAY // (DAY / len(DAYPARTS))).astype(np.int64))
    return Codes(WEEKDAYS, (log.times // DAY + 3).astype(np.int64) % len(WEEKDAYS))


_OPERATORS: dict[str, Callable[[NDArray[np.floating], np.floating], Mask]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": operator.eq,
}


def _compare(comparison: Comparison, dataset: Dataset) -> Truth:
    """A comparison of numbers, or of texts: those of a set hold `in` where one of them does."""
    if isinstance(comparison.literals[0], float):
        return _compare_numbers(comparison, numbers_of(comparison.operand, dataset))
    if comparison.operand.source in ("item", "user"):
        sets = [_labels(value) for value in _attributes(comparison.operand, dataset)]
        rows = _rows(comparison.operand, dataset)
    else:
        names, rows = codes_of(comparison.operand, dataset)
        sets = [*(_labels(name) for name in names), set()]  # the last one is what -1 finds
    wanted = set(comparison.literals)
    hold = np.array([bool(found & wanted) != (comparison.operator == "!=") for found in sets], dtype=bool)
    known = np.array([bool(found) for found in sets], dtype=bool)
    return Truth((hold & known)[rows], known[rows])


def _compare_numbers(comparison: Comparison, numbers: NDArray[np.floating]) -> Truth:
    """In the numbers' own precision, so that a value written as 4.2 is 4.2."""
    compare = _OPERATORS[comparison.operator]
    known = ~np.isnan(numbers)
    holds = [compare(numbers, numbers.dtype.type(literal)) for literal in comparison.literals]
    return Truth(np.any(holds, axis=0) & known, known)


def _labels(value: Attribute | None) -> set[Attribute]:
    if value is None:
        return set()
    return set(value) if isinstance(value, tuple) else {value}


def _attributes(operand: Operand, dataset: Dataset) -> list[Attribute | None]:
    """One attribute of every item, or of every user."""
    holders: Sequence[Item | User] = dataset.items if operand.source == "item" else dataset.users
    return [holder.attributes.get(str(operand.field)) for holder in holders]


def _rows(operand: Operand, dataset: Dataset) -> Indices:
    return dataset.interactions.items if operand.source == "item" else dataset.interactions.users
