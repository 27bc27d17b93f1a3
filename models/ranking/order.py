"""Orders of scores: all rows or the k best, with stable ties and non-finite scores last."""

import numpy as np

from models.contract.arrays import Floats, Indices


def sort_by_relevance(relevance: Floats) -> Indices:
    """Positions [K] by descending relevance [K]; ties keep their order, non-finite relevance sorts last."""
    return np.argsort(-np.where(np.isfinite(relevance), relevance, -np.inf), kind="stable")


def best_rows(scores: Floats, k: int) -> Indices:
    """Rows [min(k, n)] of the greatest scores [n], greatest first; ties by row, non-finite scores sort last."""
    if k >= len(scores):
        return sort_by_relevance(scores)
    if k == 0:
        return np.zeros(0, dtype=np.int64)
    finite = np.where(np.isfinite(scores), scores, -np.inf)
    least = np.partition(finite, len(finite) - k)[len(finite) - k]
    rows = np.flatnonzero(finite >= least)  # ascending; more than k if the least score is tied
    return rows[np.argsort(-finite[rows], kind="stable")][:k]
