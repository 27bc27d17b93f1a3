"""Find the items similar to one item, independent of the user."""

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.bundle.vector_index import ExactSearch, IndexUnusableError, nearest_rows
from models.contract.arrays import Floats, Indices, Mask
from models.ranking.similarity import Similarity

POOL = 200
"""Items retrieved by vector, of which the most similar by vector and labels are answered; at least 4 x the limit."""


class UnknownItemError(Exception):
    """The catalogue has no item of this id."""


def find_similar_items(bundle: LoadedBundle, item_id: str, limit: int) -> list[tuple[str, float]]:
    """Ids of up to `limit` available items with their similarity (-1..1) to an item, best first.

    The similarity is that of slate diversification. Raises UnknownItemError for an item that the catalogue lacks.
    """
    catalogue = bundle.catalogue
    row = catalogue.row(item_id)
    if row is None or item_id not in catalogue:  # a deleted item keeps its row
        raise UnknownItemError(item_id)
    allowed = catalogue.available.copy()
    allowed[row] = False
    probe = np.append(catalogue.vectors[row, :-1] - bundle.mean_vector, np.float32(0))
    rows = np.append(np.int64(row), _search_pool(bundle, probe, max(POOL, 4 * limit), allowed))
    vectors = catalogue.vectors[rows, :-1] - bundle.mean_vector
    labels = [catalogue.labels[pool_row] for pool_row in rows.tolist()]
    similarity = Similarity.of(vectors, labels).to(0)
    best = 1 + np.argsort(-similarity[1:], kind="stable")[:limit]
    return [(catalogue.ids[rows[position]], float(similarity[position])) for position in best]


def _search_pool(bundle: LoadedBundle, probe: Floats, k: int, allowed: Mask) -> Indices:
    """The k allowed rows nearest to a vector by inner product; exact if the index is unusable."""
    try:
        return nearest_rows(bundle.catalogue, bundle.index, probe, k, allowed)
    except IndexUnusableError:
        return ExactSearch(bundle.catalogue.vectors).search(probe, k, allowed)
