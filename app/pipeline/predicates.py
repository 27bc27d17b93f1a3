"""A filter over the items' fields: a small tree of comparisons, checked before it is used."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.errors import InvalidFilterError
from models.contract.features import FieldKind

MAX_DEPTH = 8
MAX_NODES = 100
MAX_VALUES = 1000
"""Values in one list of `in`, `has_any` or `has_all`."""
ITEM_ID = "item_id"
"""A field that every item has."""

Scalar = str | float
Value = Scalar | tuple[Scalar, ...] | bool


class Operator(StrEnum):
    """How a field is compared. A set is compared by its members: `eq` x means that x is among them."""

    EQ = "eq"
    NE = "ne"  # not eq: true where the field is missing
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


def check(predicate: Predicate, fields: Mapping[str, FieldKind]) -> None:
    """Raises InvalidFilterError for an unknown field, a value its operator cannot take, or too large a tree.

    `fields` are the items' fields; `item_id` is always one. The error's field is `filter.<name>` or `filter`.
    """
    known = {**fields, ITEM_ID: FieldKind.CATEGORICAL}
    for number, node in enumerate(_nodes(predicate, 1), start=1):
        if number > MAX_NODES:
            raise InvalidFilterError(f"expected at most {MAX_NODES} parts in a filter, given more", "filter")
        if isinstance(node, Compare):
            _check_field(node, known)
            _check_value(node, known[node.field])


def _nodes(predicate: Predicate, depth: int) -> Iterator[Predicate]:
    """The tree's nodes, parents first; raises InvalidFilterError below MAX_DEPTH."""
    if depth > MAX_DEPTH:
        raise InvalidFilterError(f"expected a filter at most {MAX_DEPTH} levels deep, given more", "filter")
    yield predicate
    if isinstance(predicate, Not):
        yield from _nodes(predicate.part, depth + 1)
    elif isinstance(predicate, All | AnyOf):
        for part in predicate.parts:
            yield from _nodes(part, depth + 1)


def _check_field(node: Compare, known: Mapping[str, FieldKind]) -> None:
    if known.get(node.field, FieldKind.VECTOR) is FieldKind.VECTOR:
        fields = ", ".join(sorted(name for name, kind in known.items() if kind is not FieldKind.VECTOR))
        raise _invalid(node, f"expected one of the fields {fields}", _shown(node.field))
    if known[node.field] is FieldKind.NUMERIC and node.op in MEMBERSHIP:
        raise _invalid(node, f"expected a field of words for '{node.op}'", "a numeric field")
    if known[node.field] is not FieldKind.NUMERIC and node.op in ORDERED:
        raise _invalid(node, f"expected a numeric field for '{node.op}'", f"a {known[node.field]} field")


def _check_value(node: Compare, kind: FieldKind) -> None:
    if node.op is Operator.EXISTS:
        if not isinstance(node.value, bool):
            raise _invalid(node, "expected true or false for 'exists'", _shown(node.value))
        return
    if isinstance(node.value, tuple) != (node.op in LISTED):
        wanted = "a list" if node.op in LISTED else "one value"
        raise _invalid(node, f"expected {wanted} for '{node.op}'", _shown(node.value))
    values = node.value if isinstance(node.value, tuple) else (node.value,)
    if len(values) > MAX_VALUES:
        raise _invalid(node, f"expected at most {MAX_VALUES} values", str(len(values)))
    for value in values:
        if not _fits(value, kind):
            wanted = "a finite number" if kind is FieldKind.NUMERIC else "a string"
            raise _invalid(node, f"expected {wanted} for this field", _shown(value))


def _fits(value: Value, kind: FieldKind) -> bool:
    """Whether a value is of the field's kind. Compared with float's ends, so that no large int overflows."""
    if kind is not FieldKind.NUMERIC:
        return isinstance(value, str)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and -sys.float_info.max <= value <= sys.float_info.max  # type: ignore[operator]


def _shown(value: Value) -> str:
    """A value in an error: short, and never an int with more digits than Python prints."""
    return (
        repr(value)[:80]
        if isinstance(value, str | float | bool)
        else f"a value of type {type(value).__name__}"
    )


def _invalid(node: Compare, expected: str, given: str) -> InvalidFilterError:
    return InvalidFilterError(f"{expected}, given {given}", f"filter.{node.field[:80]}")
