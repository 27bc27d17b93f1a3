"""Candidate source: the items that the user's last items are linked to (collaborative filtering)."""

from fractions import Fraction

import numpy as np

from models.contract.arrays import Indices
from models.ranking.order import best_rows
from models.ranking.sources.source import RetrievalInput, Source


def find_linked(request: RetrievalInput, k: int) -> Indices | None:
    """The k allowed rows with the greatest positive sum of links; None where the history has no links."""
    if request.links is None:
        return None
    rows = np.flatnonzero(request.allowed & (request.links > 0))
    return rows[best_rows(request.links[rows], k)]


LINKED = Source("linked", find_linked, Fraction(1, 4))
