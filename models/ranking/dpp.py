"""Greedy MAP inference for a determinantal point process (Chen, Zhang, Zhou 2018)."""

import numpy as np

from models.contract.arrays import Doubles, Floats, Indices
from models.ranking.category_cap import CategoryCap
from models.ranking.exploration import Choose, pick_best
from models.ranking.greedy import SimilarTo, select_greedily

SMALLEST_VARIANCE = 1e-6
"""A remaining variance below this is float32 rounding: the item adds no diversity."""


def greedy_map_dpp(
    relevance: Floats,
    similar_to: SimilarTo,
    strength: float,
    n: int,
    cap: CategoryCap | None = None,
    choose: Choose = pick_best,
) -> Indices:
    """Positions [min(n, K)] of a set that greedily maximises the determinant of the kernel.

    The kernel is q_i S_ij q_j with q = exp(a * relevance), a = (1 - strength) / (2 * strength). In logarithms, the
    value of a set is (1 - strength) * its relevance + strength * log det S, which is also defined for strength 0. Each
    step picks the greatest gain, by an incremental Cholesky decomposition. Once no candidate adds diversity, relevance
    decides. `relevance` [K] is finite, `strength` in [0, 1].
    """
    factors = np.empty((min(n, len(relevance)), len(relevance)))  # rows of the Cholesky factor
    # Each item's conditional variance given the picks: the ratio of the determinants with and without it.
    variance = np.ones(len(relevance))
    used = 0

    def bonus(position: int) -> Doubles:
        nonlocal used
        if variance[position] > SMALLEST_VARIANCE:
            explained = factors[:used, position] @ factors[:used]
            factors[used] = (similar_to(position) - explained) / np.sqrt(variance[position])
            np.subtract(variance, factors[used] ** 2, out=variance)
            used += 1
        return strength * np.log(np.maximum(variance, SMALLEST_VARIANCE))

    return select_greedily(relevance, 1 - strength, bonus, n, cap, choose)
