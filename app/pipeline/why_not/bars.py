"""The bars before retrieval: each rule of the filter stage that stops one item."""

from collections.abc import Iterator

from app.bundle.attribute_filter import evaluate_filter
from app.bundle.attribute_table import AttributeTable
from app.bundle.bundle import LoadedBundle
from app.pipeline.filtering import answerable_rows, excluded_as_seen
from app.pipeline.types import Query
from app.pipeline.why_not.verdict import Need, Rule
from models.contract.catalogue import Item
from models.contract.predicate import All, AnyOf, Compare, Not, Predicate

ROOT = "filter"
"""The path of a request's filter, as in the errors about it."""


def find_bars(bundle: LoadedBundle, query: Query, row: int) -> list[tuple[Rule, Need]]:
    """Every rule of the filter stage that stops the item at a catalogue row, with the change that it needs.

    Empty exactly if app.pipeline.filtering allows the row: the plan's conditions are not among these rules.
    """
    item = bundle.catalogue.item(row)
    bars: list[tuple[Rule, Need]] = []
    if not answerable_rows(bundle.catalogue, query)[row]:
        bars.append((Rule.UNAVAILABLE, Need("available", to=True)))
    if query.predicate is not None:
        bars += [(Rule.FILTER, Need(path)) for path in find_failing_parts(query.predicate, item)]
    named = item.item_id in {*query.plan.like, *query.plan.unlike}.difference(query.kept)
    if named and item.item_id in query.excluded:
        bars.append((Rule.PLAN, Need("plan")))
    elif item.item_id in query.excluded:
        bars.append((Rule.EXCLUDED, Need("exclude_ids")))
    if item.item_id in excluded_as_seen(query, bundle.spec.roles):
        bars.append((Rule.SEEN, Need("exclude_seen", to=False)))
    return bars


def find_failing_parts(predicate: Predicate, item: Item) -> list[str]:
    """The paths of the parts of a filter that an item fails, such as `filter.all.1.year`; none if it passes.

    Of an `any` the whole is named, as one of its parts would be enough. So is the part of a `not`.
    """
    return list(_failing(predicate, AttributeTable((item,)), ROOT))


def _failing(predicate: Predicate, table: AttributeTable, path: str) -> Iterator[str]:
    if evaluate_filter(predicate, table)[0]:
        return
    match predicate:
        case Compare(field):
            yield f"{path}.{field}"
        case Not():
            yield f"{path}.not"
        case AnyOf():
            yield f"{path}.any"
        case All(parts):
            for index, part in enumerate(parts):
                yield from _failing(part, table, f"{path}.all.{index}")
