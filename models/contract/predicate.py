"""A filter over the items' fields: a small tree of comparisons, checked before it is used."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from models.contract.feature_spec import FieldKind

MAX_DEPTH = 8
MAX_NODES = 100
MAX_VALUES = 1000
"""Values in one list of `in`, `has_any` or `has_all`."""
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
    """Raises PredicateError for an unknown field, a value its operator cannot take, or too large a tree.

    `fields` are the items' fields; `item_id` is always one. The error's field is the way to the part and the
    part's own field, as `filter.all.1.year`, or `filter` for the tree.
    """
    known = {**fields, ITEM_ID: FieldKind.CATEGORICAL}
    for number, (node, path) in enumerate(_nodes(predicate, "filter", 1), start=1):
        if number > MAX_NODES:
            raise PredicateError(f"expected at most {MAX_NODES} parts in a filter, given more", "filter")
        if isinstance(node, Compare):
            fault = _field_fault(node, known) or _value_fault(node, known[node.field])
            if fault is not None:
                raise PredicateError(fault, f"{path}.{node.field[:80]}")


def _nodes(predicate: Predicate, path: str, depth: int) -> Iterator[tuple[Predicate, str]]:
    """The tree's nodes and the way to each, parents first; raises PredicateError below MAX_DEPTH."""
    if depth > MAX_DEPTH:
        raise PredicateError(f"expected a filter at most {MAX_DEPTH} levels deep, given more", "filter")
    yield predicate, path
    if isinstance(predicate, Not):
        yield from _nodes(predicate.part, f"{path}.not", depth + 1)
    elif isinstance(predicate, All | AnyOf):
        word = "all" if isinstance(predicate, All) else "any"
        for place, part in enumerate(predicate.parts):
            yield from _nodes(part, f"{path}.{word}.{place}", depth + 1)


def _field_fault(node: Compare, known: Mapping[str, FieldKind]) -> str | None:
    """What is wrong with the field, or with its operator; None: nothing."""
    kind = known.get(node.field, FieldKind.VECTOR)
    if kind is FieldKind.VECTOR:
        fields = ", ".join(sorted(name for name, kind in known.items() if kind is not FieldKind.VECTOR))
        return f"expected one of the fields {fields}, given {_shown(node.field)}"
    if kind is FieldKind.NUMERIC and node.op in MEMBERSHIP:
        return f"expected a field of words for '{node.op}', given a numeric field"
    if kind is not FieldKind.NUMERIC and node.op in ORDERED:
        return f"expected a numeric field for '{node.op}', given a {kind} field"
    return None


def _value_fault(node: Compare, kind: FieldKind) -> str | None:
    """What is wrong with the value; None: nothing."""
    if node.op is Operator.EXISTS:
        right = isinstance(node.value, bool)
        return None if right else f"expected true or false for 'exists', given {_shown(node.value)}"
    if isinstance(node.value, tuple) != (node.op in LISTED):
        wanted = "a list" if node.op in LISTED else "one value"
        return f"expected {wanted} for '{node.op}', given {_shown(node.value)}"
    values = node.value if isinstance(node.value, tuple) else (node.value,)
    if len(values) > MAX_VALUES:
        return f"expected at most {MAX_VALUES} values, given {len(values)}"
    wanted = "a finite number" if kind is FieldKind.NUMERIC else "a string"
    unfit = (value for value in values if not _fits(value, kind))
    return next((f"expected {wanted} for this field, given {_shown(value)}" for value in unfit), None)


def _fits(value: Value, kind: FieldKind) -> bool:
    """Whether a value is of the field's kind. Compared with float's ends, so that no large int overflows."""
    if kind is not FieldKind.NUMERIC:
        return isinstance(value, str)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and -sys.float_info.max <= value <= sys.float_info.max  # type: ignore[operator]


def _shown(value: Value) -> str:
    """A value in an error: short, and never an int with more digits than Python prints."""
    if isinstance(value, tuple):
        return f"a list of {len(value)}"
    return repr(value)[:80] if isinstance(value, str | float | bool) else "a whole number"
