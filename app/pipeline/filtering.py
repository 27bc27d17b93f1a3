"""Allowed items of a request: available, passing the filter, not excluded, not seen."""

from collections.abc import Iterable

import numpy as np

from app.bundle.attribute_filter import evaluate_filter
from app.bundle.attribute_index import AttributeIndex
from app.bundle.catalogue import Catalogue
from app.pipeline.types import Query
from models.contract.arrays import Indices, Mask
from models.contract.predicate import Predicate
from models.contract.roles import NO_ROLES, Roles, seen_items


def filter_rows(
    catalogue: Catalogue,
    query: Query,
    columns: AttributeIndex,
    roles: Roles = NO_ROLES,
    seen: Indices | None = None,
) -> Mask:
    """[n] True for the items that the query allows.

    If the request names its items (rank), seen and unavailable ones are allowed. `seen` [m] are the rows of the items
    that the query leaves out as seen, where they are known already.
    """
    allowed = answerable_rows(catalogue, query).copy()
    if query.predicate is not None:
        allowed &= match_predicate(catalogue, query.predicate, columns)
    if seen is None:
        seen = find_rows(catalogue, excluded_as_seen(query, roles))
    allowed[seen] = False
    allowed[find_rows(catalogue, query.excluded)] = False
    return allowed


def find_rows(catalogue: Catalogue, item_ids: Iterable[str]) -> Indices:
    """The rows of those of the items that the catalogue has."""
    rows = map(catalogue.row, item_ids)
    return np.array([row for row in rows if row is not None], dtype=np.int64)


def answerable_rows(catalogue: Catalogue, query: Query) -> Mask:
    """[n] True for the available items; for those that exist, if the request names its items."""
    return catalogue.available if query.item_ids is None else catalogue.present


def excluded_as_seen(query: Query, roles: Roles = NO_ROLES) -> Iterable[str]:
    """The ids that the user has had, where the query leaves them out."""
    if not query.exclude_seen or query.item_ids is not None:
        return ()
    return seen_items(query.state, roles).difference(query.kept)


def match_predicate(catalogue: Catalogue, predicate: Predicate, columns: AttributeIndex) -> Mask:
    """[n] True where the predicate holds of the item."""
    tables = columns.of(catalogue)
    passing = np.zeros(len(catalogue), dtype=np.bool_)
    cached = evaluate_filter(predicate, tables.all)[: len(catalogue)]
    passing[: len(cached)] = cached
    passing[tables.fresh_rows] = evaluate_filter(predicate, tables.fresh)
    return passing
