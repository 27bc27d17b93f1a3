"""Items like one item: for a page about it, whoever looks at it."""

from typing import TYPE_CHECKING

import numpy as np

from app.bundle.vector_index import ExactSearch, IndexUnusableError
from app.errors import NotFoundError
from app.pipeline.similarity import Similarity
from app.pipeline.sources.retrieval import nearest
from models.contract.arrays import Floats, Indices, Mask

if TYPE_CHECKING:
    from app.bundle.bundle import LoadedBundle

POOL = 200
"""Items found by vector, of which the most alike by vector and labels are taken; at least 4 x the limit."""


def similar(bundle: "LoadedBundle", item_id: str, limit: int) -> list[tuple[str, float]]:
    """Up to `limit` available items with how alike they are (-1..1), best first.

    Alike as the diversity of a slate measures it. Raises NotFoundError for an item that the catalogue lacks.
    """
    catalogue = bundle.catalogue
    row = catalogue.row(item_id)
    if row is None or item_id not in catalogue:  # a deleted item keeps its row
        raise NotFoundError("expected an item of the catalogue, given an unknown one", "item_id")
    allowed = catalogue.available.copy()
    allowed[row] = False
    probe = np.append(catalogue.vectors[row, :-1] - bundle.mean_vector, np.float32(0))
    rows = np.append(np.int64(row), _pool(bundle, probe, max(POOL, 4 * limit), allowed))
    vectors = catalogue.vectors[rows, :-1] - bundle.mean_vector
    likeness = Similarity.of(vectors, [catalogue.labels[one] for one in rows.tolist()]).to(0)
    best = 1 + np.argsort(-likeness[1:], kind="stable")[:limit]
    return [(catalogue.ids[rows[place]], float(likeness[place])) for place in best]


def _pool(bundle: "LoadedBundle", probe: Floats, k: int, allowed: Mask) -> Indices:
    """Rows by inner product with a vector; exact where the index cannot be used."""
    catalogue = bundle.catalogue
    try:
        return nearest(catalogue, bundle.retriever.index, probe, k, allowed)
    except IndexUnusableError:
        return ExactSearch(catalogue.vectors).search(probe, k, allowed)
