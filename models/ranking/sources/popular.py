"""Candidate source: the items with the most recent interactions."""

from fractions import Fraction

import numpy as np

from models.contract.arrays import Floats, Indices, Mask
from models.contract.statistics import RECENT
from models.ranking.order import best_rows
from models.ranking.sources.source import RetrievalInput, Source


def find_popular(request: RetrievalInput, k: int) -> Indices:
    """The k allowed rows with the most recent interactions, without items that have none."""
    return select_popular(request.items.statistics[:, RECENT], request.allowed, k)


def select_popular(recent: Floats, allowed: Mask, k: int) -> Indices:
    """The k allowed rows with the greatest recent statistic [n], best first; rows with 0 are left out."""
    rows = np.flatnonzero(allowed & (recent > 0))
    return rows[best_rows(recent[rows], k)]


POPULAR = Source("popular", find_popular, Fraction(1, 6))
