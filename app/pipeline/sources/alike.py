"""Candidate source: the items that a plan's likes and dislikes raise most, beside what the user's vector says."""

from fractions import Fraction

import numpy as np

from app.pipeline.sources.source import RetrievalContext
from models.contract.arrays import Indices
from models.ranking.order import best_rows
from models.ranking.sources.source import Source


def find_alike(context: RetrievalContext, k: int) -> Indices | None:
    """The items that stay, then the allowed rows with the greatest `next` logit with the contrast; None without one."""
    contrast = context.encoded.contrast_logits
    if contrast is None:
        return None
    kept = [context.catalogue.row(item_id) for item_id in context.query.kept]
    first = np.array([row for row in kept if row is not None and context.allowed[row]], dtype=np.int64)
    rows = np.flatnonzero(context.allowed)
    best = rows[best_rows(context.catalogue.vectors[rows] @ context.encoded.vector + contrast[rows], k)]
    return np.concatenate([first, best[~np.isin(best, first)]])[:k]


ALIKE = Source("alike", find_alike, Fraction(1, 6))
