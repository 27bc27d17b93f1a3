"""Candidate source: the items with the most recent interactions."""

import math
from fractions import Fraction

import numpy as np

from models.contract.arrays import Floats, Indices, Mask
from models.contract.statistics import RECENT
from models.ranking.order import best_rows
from models.ranking.sources.source import RetrievalInput, Source

WHOLE_BELOW = 50_000
"""With more items than this many, those above a bound are ordered, not all."""
SAMPLE = 4_096
"""Items, evenly spread, from which the bound is estimated."""
SPARE = 20
"""Items above the bound for each one asked for, so that those not allowed seldom cost an order of all."""


def find_popular(request: RetrievalInput, k: int) -> Indices:
    """The k allowed rows with the most recent interactions, without items that have none."""
    return select_popular(request.items.statistics[:, RECENT], request.allowed, k)


def select_popular(recent: Floats, allowed: Mask, k: int) -> Indices:
    """The k allowed rows with the greatest recent statistic [n], best first; rows with 0 are left out."""
    if len(recent) > WHOLE_BELOW:
        sample = np.sort(recent[:: len(recent) // SAMPLE])
        bound = sample[max(len(sample) - 1 - math.ceil(SPARE * k * len(sample) / len(recent)), 0)]
        rows = np.flatnonzero(recent >= bound) if bound > 0 else np.zeros(0, dtype=np.int64)
        rows = rows[allowed[rows]]
        if len(rows) >= k:  # all others are below the bound
            return rows[best_rows(recent[rows], k)]
    rows = np.flatnonzero(allowed & (recent > 0))
    return rows[best_rows(recent[rows], k)]


POPULAR = Source("popular", find_popular, Fraction(1, 6))
