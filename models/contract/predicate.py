"""A predicate over named fields: one tree of comparisons for filters, label conditions and rules, and its evaluation.

Each use has a parser that builds the tree and a leaf function that compares one field with one value; the tree is
walked here, in three truth values (Kleene, "On notation for ordinal numbers", 1938).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from models.contract.arrays import Mask

ITEM_ID = "item_id"
"""A field that every item has."""

Scalar = str | float
Value = Scalar | tuple[Scalar, ...] | bool


class PredicateError(ValueError):
    """A predicate that the items' fields cannot answer; `field` is the path to the part at fault."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.message, self.field = message, field


class Operator(StrEnum):
    """How a field is compared with a value. A set is compared by its members: `eq` x means that x is among them."""

    EQ = "eq"
    NE = "ne"  # not eq; of a missing field, true in a filter and unknown in a label condition
    IN = "in"  # eq to one of the values
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    HAS_ANY = "has_any"
    HAS_ALL = "has_all"
    EXISTS = "exists"  # value True: the field is there; False: it is missing


ORDERED = frozenset({Operator.GT, Operator.GTE, Operator.LT, Operator.LTE})
LISTED = frozenset({Operator.IN, Operator.HAS_ANY, Operator.HAS_ALL})
MEMBERSHIP = frozenset({Operator.HAS_ANY, Operator.HAS_ALL})


@dataclass(frozen=True, slots=True)
class Compare:
    """One field against one value; a tuple for `in`, `has_any`, `has_all`, a bool for `exists`."""

    field: str
    op: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; true without parts."""

    parts: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds; false without parts."""

    parts: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Predicate"


Predicate = Compare | All | AnyOf | Not


@dataclass(frozen=True, slots=True)
class Truth:
    """One truth value a row: true, false, or unknown where neither mask is set. No row is set in both."""

    true: Mask  # [n]
    false: Mask  # [n]

    @property
    def known(self) -> Mask:
        """[n] True where the predicate is true or false."""
        return self.true | self.false


Leaf = Callable[[Compare], Truth]
"""Compares one field of n rows with one value."""


def evaluate(predicate: Predicate, compare: Leaf, rows: int) -> Truth:
    """The predicate's truth for each of n `rows`, whose comparisons `compare` evaluates.

    Unknown values follow Kleene's strong logic: `not` keeps them, `all` is false where one part is false and `any`
    true where one part is true, whatever the unknown parts are.
    """
    match predicate:
        case Compare():
            return compare(predicate)
        case Not(part):
            truth = evaluate(part, compare, rows)
            return Truth(truth.false, truth.true)
        case All(parts):
            every, some = np.ones(rows, dtype=np.bool_), np.zeros(rows, dtype=np.bool_)
            for part in parts:
                truth = evaluate(part, compare, rows)
                every &= truth.true
                some |= truth.false
            return Truth(every, some)
        case AnyOf(parts):
            some, every = np.zeros(rows, dtype=np.bool_), np.ones(rows, dtype=np.bool_)
            for part in parts:
                truth = evaluate(part, compare, rows)
                some |= truth.true
                every &= truth.false
            return Truth(some, every)


def comparisons(predicate: Predicate) -> Iterator[Compare]:
    """Yields every comparison of the tree, from left to right."""
    match predicate:
        case Compare():
            yield predicate
        case Not(part):
            yield from comparisons(part)
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from comparisons(part)
