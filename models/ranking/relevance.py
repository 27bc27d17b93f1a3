"""No re-ranking: the order of relevance, within the category cap."""

import numpy as np

from models.contract.arrays import Doubles, Floats, Indices
from models.ranking.category_cap import CategoryCap
from models.ranking.greedy import SimilarTo, relevance_order, select_greedily


def rank_by_relevance(
    relevance: Floats, _similar_to: SimilarTo, _strength: float, n: int, cap: CategoryCap | None = None
) -> Indices:
    """Positions [min(n, K)], the most relevant first. Finite relevance [K]."""
    if cap is None:
        return relevance_order(relevance)[:n]
    no_bonus: Doubles = np.zeros(len(relevance))
    return select_greedily(relevance, 1.0, lambda _position: no_bonus, n, cap)
