"""Convert a filter of the wire into the predicate that the pipeline evaluates."""

from app.api.schemas.filters import AllFilter, Comparison, Filter, NotFilter
from models.contract.predicate import All, AnyOf, Compare, Not, Predicate


def parse_filter(wire: Filter) -> Predicate:
    """The predicate of a filter, not yet checked against the items' fields.

    The JSON reader's limit of 200 levels bounds the recursion.
    """
    if isinstance(wire, Comparison):
        return Compare(wire.field, wire.op, wire.value)
    if isinstance(wire, NotFilter):
        return Not(parse_filter(wire.part))
    if isinstance(wire, AllFilter):
        return All(tuple(parse_filter(part) for part in wire.all))
    return AnyOf(tuple(parse_filter(part) for part in wire.any))
