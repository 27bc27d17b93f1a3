"""Convert a filter of the wire into the predicate that the pipeline evaluates."""

from collections.abc import Mapping

from app.api.schemas.filters import AllFilter, Comparison, Filter, NotFilter
from models.contract.hierarchy import canonical_path
from models.contract.predicate import All, AnyOf, Compare, Not, Predicate, Value


def parse_filter(wire: Filter, hierarchies: Mapping[str, str]) -> Predicate:
    """The predicate of a filter, not yet checked against the items' fields.

    Paths in the fields of `hierarchies` (field -> separator) are written as the items' levels are: a path equals its
    last level and thereby selects all items below it. The JSON reader's limit of 200 levels bounds the recursion.
    """
    if isinstance(wire, Comparison):
        return Compare(wire.field, wire.op, _write_paths(wire.value, hierarchies.get(wire.field)))
    if isinstance(wire, NotFilter):
        return Not(parse_filter(wire.part, hierarchies))
    if isinstance(wire, AllFilter):
        return All(tuple(parse_filter(part, hierarchies) for part in wire.all))
    return AnyOf(tuple(parse_filter(part, hierarchies) for part in wire.any))


def _write_paths(value: Value, separator: str | None) -> Value:
    if separator is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return canonical_path(value, separator)
    return tuple(canonical_path(each, separator) if isinstance(each, str) else each for each in value)
