"""Validation of a filter: size limits, field names, and value types against the items' fields."""

import sys
from collections.abc import Iterator, Mapping

from models.contract.feature_spec import FieldKind
from models.contract.nearest import suggest
from models.contract.predicate import (
    ITEM_ID,
    LISTED,
    MEMBERSHIP,
    ORDERED,
    All,
    AnyOf,
    Compare,
    Not,
    Operator,
    Predicate,
    PredicateError,
    Value,
)

MAX_DEPTH = 8
MAX_NODES = 100
MAX_VALUES = 1000
"""The most values in one list of `in`, `has_any` or `has_all`."""


def check(predicate: Predicate, fields: Mapping[str, FieldKind]) -> None:
    """Raise PredicateError for an unknown field, a value of the wrong type, or a tree that is too large.

    `fields` are the items' fields; `item_id` is added. The error's `field` is the path to the comparison followed by
    the name of its field, such as `filter.all.1.year`; it is `filter` if the tree is too large or too deep.
    """
    kinds = {**fields, ITEM_ID: FieldKind.CATEGORICAL}
    for number, (node, path) in enumerate(walk(predicate), start=1):
        if number > MAX_NODES:
            raise PredicateError(f"expected at most {MAX_NODES} parts in a filter, given more", "filter")
        if isinstance(node, Compare):
            fault = _field_fault(node, kinds) or _value_fault(node, kinds[node.field])
            if fault is not None:
                raise PredicateError(fault, f"{path}.{node.field[:80]}")


def walk(predicate: Predicate, path: str = "filter", depth: int = 1) -> Iterator[tuple[Predicate, str]]:
    """Yield every node with its path, such as `filter.all.1`, parents first; raises PredicateError below MAX_DEPTH."""
    if depth > MAX_DEPTH:
        raise PredicateError(f"expected a filter at most {MAX_DEPTH} levels deep, given more", "filter")
    yield predicate, path
    if isinstance(predicate, Not):
        yield from walk(predicate.part, f"{path}.not", depth + 1)
    elif isinstance(predicate, All | AnyOf):
        word = "all" if isinstance(predicate, All) else "any"
        for index, part in enumerate(predicate.parts):
            yield from walk(part, f"{path}.{word}.{index}", depth + 1)


def _field_fault(node: Compare, kinds: Mapping[str, FieldKind]) -> str | None:
    """The error message for an unknown field or an operator that the field's kind lacks; None if both are valid."""
    kind = kinds.get(node.field, FieldKind.VECTOR)
    if kind is FieldKind.VECTOR:
        fields = sorted(name for name, kind in kinds.items() if kind is not FieldKind.VECTOR)
        hint = suggest(node.field, fields)
        return f"expected one of the fields {', '.join(fields)}, given {_shorten(node.field)}{hint}"
    if kind is FieldKind.NUMERIC and node.op in MEMBERSHIP:
        return f"expected a field of words for '{node.op}', given a numeric field"
    if kind is not FieldKind.NUMERIC and node.op in ORDERED:
        return f"expected a numeric field for '{node.op}', given a {kind} field"
    return None


def _value_fault(node: Compare, kind: FieldKind) -> str | None:
    """The error message for a value of the wrong type for operator and field; None if it is valid."""
    if node.op is Operator.EXISTS:
        is_bool = isinstance(node.value, bool)
        return None if is_bool else f"expected true or false for 'exists', given {_shorten(node.value)}"
    if isinstance(node.value, tuple) != (node.op in LISTED):
        expected = "a list" if node.op in LISTED else "one value"
        return f"expected {expected} for '{node.op}', given {_shorten(node.value)}"
    values = node.value if isinstance(node.value, tuple) else (node.value,)
    if len(values) > MAX_VALUES:
        return f"expected at most {MAX_VALUES} values, given {len(values)}"
    expected = "a finite number" if kind is FieldKind.NUMERIC else "a string"
    invalid = (value for value in values if not _has_type(value, kind))
    return next((f"expected {expected} for this field, given {_shorten(value)}" for value in invalid), None)


def _has_type(value: Value, kind: FieldKind) -> bool:
    """True if a value has the field's type. Numbers are compared with float's limits, so no large int overflows."""
    if kind is not FieldKind.NUMERIC:
        return isinstance(value, str)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and -sys.float_info.max <= value <= sys.float_info.max  # type: ignore[operator]


def _shorten(value: Value) -> str:
    """A value for an error message, shortened; an int is not printed, since Python limits the digits."""
    if isinstance(value, tuple):
        return f"a list of {len(value)}"
    return repr(value)[:80] if isinstance(value, str | float | bool) else "a whole number"
