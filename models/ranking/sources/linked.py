"""Candidate source: the items that the user's last items are linked to (collaborative filtering).

The links of the bundle have a weight in the score. What others took lately together with the user's last items comes in
as well, for up to half of the places.
"""

from fractions import Fraction

import numpy as np

from models.contract.arrays import Indices
from models.ranking.order import best_rows
from models.ranking.sources.source import RetrievalInput, Source


def find_linked(request: RetrievalInput, k: int) -> Indices | None:
    """The k allowed rows with the greatest positive sum of links; None where the history has no links.

    The rows that were taken together with its items lately stand first.
    """
    linked = _find_by_links(request, k)
    if request.partners is None:
        return linked
    partners = request.partners[request.allowed[request.partners]][: -(-k // 2)]
    if linked is None:
        return partners
    return np.concatenate([partners, linked[~np.isin(linked, partners)]])[:k]


def _find_by_links(request: RetrievalInput, k: int) -> Indices | None:
    if request.links is None:
        return None
    rows = np.flatnonzero(request.allowed & (request.links > 0))
    return rows[best_rows(request.links[rows], k)]


LINKED = Source("linked", find_linked, Fraction(1, 4))
