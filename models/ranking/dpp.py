"""Greedy MAP of a determinantal point process (Chen, Zhang, Zhou 2018)."""

import numpy as np

from models.contract.arrays import Doubles, Floats, Indices
from models.ranking.category_cap import CategoryCap
from models.ranking.greedy import SimilarTo, select_greedily

SMALLEST_VARIANCE = 1e-6
"""A remaining variance below this is float32's rounding: the item adds nothing new."""


def greedy_map_dpp(
    relevance: Floats, similar_to: SimilarTo, strength: float, n: int, cap: CategoryCap | None = None
) -> Indices:
    """Positions [min(n, K)] of the set with the greatest kernel determinant, chosen greedily.

    The kernel is q_i S_ij q_j with q = exp(a * relevance), a = (1 - strength) / (2 * strength): in
    logarithms, a set's value is (1 - strength) * its relevance + strength * log det S, which holds for
    strength 0 too. Each next adds the most, by an incremental Cholesky decomposition. Once nothing new is
    left to add, relevance decides. Finite relevance [K].
    """
    factors = np.empty((min(n, len(relevance)), len(relevance)))  # rows of the Cholesky factor
    variance = np.ones(len(relevance))  # the part of each item that the picks do not explain: det's ratio
    used = 0

    def bonus(position: int) -> Doubles:
        nonlocal used
        if variance[position] > SMALLEST_VARIANCE:
            explained = factors[:used, position] @ factors[:used]
            factors[used] = (similar_to(position) - explained) / np.sqrt(variance[position])
            np.subtract(variance, factors[used] ** 2, out=variance)
            used += 1
        return strength * np.log(np.maximum(variance, SMALLEST_VARIANCE))

    return select_greedily(relevance, 1 - strength, bonus, n, cap)
