"""Maximal marginal relevance (Carbonell, Goldstein 1998)."""

import numpy as np

from models.contract.arrays import Doubles, Floats, Indices
from models.ranking.category_cap import CategoryCap
from models.ranking.exploration import Choose, pick_best
from models.ranking.greedy import SimilarTo, select_greedily


def mmr(
    relevance: Floats,
    similar_to: SimilarTo,
    strength: float,
    n: int,
    cap: CategoryCap | None = None,
    choose: Choose = pick_best,
) -> Indices:
    """Positions [min(n, K)], each maximising (1 - strength) * relevance - strength * max similarity to earlier picks.

    `relevance` [K] is finite, `strength` in [0, 1].
    """
    nearest, gain = np.full(len(relevance), -np.inf), np.empty(len(relevance))

    def bonus(position: int) -> Doubles:
        np.maximum(nearest, similar_to(position), out=nearest)
        np.multiply(nearest, -strength, out=gain)
        return gain

    return select_greedily(relevance, 1 - strength, bonus, n, cap, choose)
