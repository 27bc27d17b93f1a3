"""The re-ranker "none": the order of relevance, within the category cap."""

import numpy as np

from models.contract.arrays import Doubles, Floats, Indices
from models.ranking.category_cap import CategoryCap
from models.ranking.exploration import Choose, pick_best
from models.ranking.greedy import SimilarTo, select_greedily
from models.ranking.order import sort_by_relevance


def rank_by_relevance(
    relevance: Floats,
    _similar_to: SimilarTo,
    _strength: float,
    n: int,
    cap: CategoryCap | None = None,
    choose: Choose = pick_best,
) -> Indices:
    """Positions [min(n, K)] by descending relevance [K], which is finite."""
    if cap is None and choose is pick_best:
        return sort_by_relevance(relevance)[:n]
    no_bonus: Doubles = np.zeros(len(relevance))
    return select_greedily(relevance, 1.0, lambda _position: no_bonus, n, cap, choose)
