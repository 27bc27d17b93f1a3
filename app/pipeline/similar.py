"""Find the items similar to given items, independent of the user's taste."""

from collections.abc import Iterable, Sequence

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.bundle.co_occurrence import PartnerTable
from app.bundle.vector_index import ExactSearch, IndexUnusableError, nearest_rows
from app.pipeline.filtering import match_predicate
from models.contract.arrays import Floats, Indices, Mask
from models.contract.predicate import Predicate
from models.contract.user_vector import BIAS_COLUMNS, strip_bias
from models.ranking.similarity import Similarity

POOL = 200
"""Items retrieved by vector, of which the most similar by vector and labels are answered; at least 4 x the limit."""


class UnknownItemError(Exception):
    """The catalogue has no item of this id."""


def find_similar_items(bundle: LoadedBundle, item_id: str, limit: int) -> list[tuple[str, float]]:
    """Ids of up to `limit` available items with their similarity (-1..1) to an item, best first.

    Raises UnknownItemError for an item that the catalogue lacks.
    """
    return find_similar_to_all(bundle, [item_id], limit, allow_rows(bundle, None, ()))


def allow_rows(bundle: LoadedBundle, predicate: Predicate | None, left_out: Iterable[str]) -> Mask:
    """[n] True for the available items that pass a filter and are not left out."""
    catalogue = bundle.catalogue
    allowed = catalogue.available.copy()
    if predicate is not None:
        allowed &= match_predicate(catalogue, predicate, bundle.columns)
    for item_id in left_out:
        row = catalogue.row(item_id)
        if row is not None:
            allowed[row] = False
    return allowed


def find_similar_to_all(
    bundle: LoadedBundle, item_ids: Sequence[str], limit: int, allowed: Mask
) -> list[tuple[str, float]]:
    """Ids of up to `limit` allowed items with their mean similarity (-1..1) to the given items, best first.

    The candidates are the items nearest to the mean of the given items' vectors, and those that users took together
    with a given one lately. The similarity is that of slate diversification; co-occurrence brings it nearer to 1 by its
    strength. Given items are not answered. Raises UnknownItemError for an item that the catalogue lacks.
    """
    catalogue = bundle.catalogue
    given = np.array([_present_row(bundle, item_id) for item_id in item_ids], dtype=np.int64)
    allowed = allowed.copy()
    allowed[given] = False
    mean = strip_bias(catalogue.vectors[given]).mean(axis=0) - bundle.mean_vector
    probe = np.pad(mean, (0, BIAS_COLUMNS)).astype(np.float32)
    pool = _search_pool(bundle, probe, max(POOL, 4 * limit), allowed)
    table = bundle.together.table
    rows = np.concatenate([given, _add_partners(table, given, pool, allowed) if len(table) else pool])
    vectors = strip_bias(catalogue.vectors[rows]) - bundle.mean_vector
    labels = [catalogue.labels[pool_row] for pool_row in rows.tolist()]
    similar_to = Similarity.of(vectors, labels).to
    each = [similar_to(position) for position in range(len(given))]
    if len(table):
        strengths = (table.measure(row, rows) for row in given.tolist())
        each = [one + (1 - one) * strength for one, strength in zip(each, strengths, strict=True)]
    similarity = np.mean(each, axis=0)
    best = len(given) + np.argsort(-similarity[len(given) :], kind="stable")[:limit]
    return [(catalogue.ids[rows[position]], float(similarity[position])) for position in best]


def _present_row(bundle: LoadedBundle, item_id: str) -> int:
    """The row of an item. Raises UnknownItemError for an unknown or deleted one; a deleted item keeps its row."""
    row = bundle.catalogue.row(item_id)
    if row is None or item_id not in bundle.catalogue:
        raise UnknownItemError(item_id)
    return row


def _add_partners(table: PartnerTable, given: Indices, pool: Indices, allowed: Mask) -> Indices:
    """The pool, then those of the allowed partners of given items that it lacks."""
    partners = np.unique(np.concatenate([table.find(row).rows for row in given.tolist()]))
    partners = partners[partners < len(allowed)]
    return np.concatenate([pool, np.setdiff1d(partners[allowed[partners]], pool)])


def _search_pool(bundle: LoadedBundle, probe: Floats, k: int, allowed: Mask) -> Indices:
    """The k allowed rows nearest to a vector by inner product; exact if the index is unusable."""
    try:
        return nearest_rows(bundle.catalogue, bundle.index, probe, k, allowed)
    except IndexUnusableError:
        return ExactSearch(bundle.catalogue.vectors).search(probe, k, allowed)
