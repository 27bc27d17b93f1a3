"""Predicates over named fields: the tree of comparisons, and its evaluation in three truth values.

Filters and label conditions each have a parser that builds the tree and a leaf function that compares one field with
one value. The logic is Kleene's ("On notation for ordinal numbers", 1938).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from models.contract.arrays import Mask

ITEM_ID = "item_id"
"""The field that every item has."""

Scalar = str | float
Value = Scalar | tuple[Scalar, ...] | bool


class PredicateError(ValueError):
    """A predicate that cannot be evaluated on the items' fields; `field` is the path to the part at fault."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.message, self.field = message, field


class Operator(StrEnum):
    """How a field is compared with a value. For a set, `eq` x means that x is a member."""

    EQ = "eq"
    NE = "ne"  # not eq; for a missing field, true in a filter and unknown in a label condition
    IN = "in"  # eq to one of the values
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    HAS_ANY = "has_any"
    HAS_ALL = "has_all"
    EXISTS = "exists"  # value True: the field is present; False: it is missing


ORDERED = frozenset({Operator.GT, Operator.GTE, Operator.LT, Operator.LTE})
LISTED = frozenset({Operator.IN, Operator.HAS_ANY, Operator.HAS_ALL})
MEMBERSHIP = frozenset({Operator.HAS_ANY, Operator.HAS_ALL})


@dataclass(frozen=True, slots=True)
class Compare:
    """Compare one field with one value: a tuple for `in`, `has_any` and `has_all`, a bool for `exists`."""

    field: str
    op: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class All:
    """True if every part is true; true without parts."""

    parts: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True if at least one part is true; false without parts."""

    parts: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True if the part is false."""

    part: "Predicate"


Predicate = Compare | All | AnyOf | Not


@dataclass(frozen=True, slots=True)
class Truth:
    """Truth values of n rows: true, false, or unknown if neither mask is set. No row is set in both."""

    true: Mask  # [n]
    false: Mask  # [n]

    @property
    def known(self) -> Mask:
        """Mask [n]: True if the predicate is true or false, not unknown."""
        return self.true | self.false


Leaf = Callable[[Compare], Truth]
"""Compares one field of n rows with one value."""


def evaluate(predicate: Predicate, compare: Leaf, rows: int) -> Truth:
    """Evaluate the predicate for `rows` rows; `compare` evaluates one comparison.

    Unknown values follow Kleene's strong logic: `not` unknown is unknown, `all` is false if one part is false, `any` is
    true if one part is true; otherwise an unknown part makes them unknown. Raises TypeError for anything but a
    Predicate.
    """
    match predicate:
        case Compare():
            return compare(predicate)
        case Not(part):
            truth = evaluate(part, compare, rows)
            return Truth(truth.false, truth.true)
        case All(parts):
            true, false = np.ones(rows, dtype=np.bool_), np.zeros(rows, dtype=np.bool_)
            for part in parts:
                truth = evaluate(part, compare, rows)
                true &= truth.true
                false |= truth.false
            return Truth(true, false)
        case AnyOf(parts):
            true, false = np.zeros(rows, dtype=np.bool_), np.ones(rows, dtype=np.bool_)
            for part in parts:
                truth = evaluate(part, compare, rows)
                true |= truth.true
                false &= truth.false
            return Truth(true, false)
        case _:
            raise TypeError(f"expected a part of a predicate, given {type(predicate).__name__}")


def comparisons(predicate: Predicate) -> Iterator[Compare]:
    """Yield every comparison of the tree, from left to right; raises TypeError for anything but a Predicate."""
    match predicate:
        case Compare():
            yield predicate
        case Not(part):
            yield from comparisons(part)
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from comparisons(part)
        case _:
            raise TypeError(f"expected a part of a predicate, given {type(predicate).__name__}")
