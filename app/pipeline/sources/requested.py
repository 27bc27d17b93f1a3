"""Candidate source: the items that the request names (rank)."""

import numpy as np

from app.pipeline.sources.source import RetrievalContext
from models.contract.arrays import Indices
from models.ranking.sources.source import Source


def find_requested(context: RetrievalContext, _k: int) -> Indices:
    """All allowed rows of the request's item ids, in their order, each once."""
    rows = dict.fromkeys(context.catalogue.row(item_id) for item_id in context.query.item_ids or ())
    return np.array([row for row in rows if row is not None and context.allowed[row]], dtype=np.int64)


REQUESTED = Source("asked", find_requested)
