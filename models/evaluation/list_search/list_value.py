"""The values of whole lists that the greedy re-rankers build up place by place."""

from collections.abc import Callable

import numpy as np

from models.contract.arrays import Doubles, Floats, Indices
from models.ranking.dpp import SMALLEST_VARIANCE
from models.ranking.greedy import scale_relevance

ListValue = Callable[[Indices], Doubles]
"""Lists [P, n] of distinct positions -> their values [P], larger is better."""
MakeListValue = Callable[[Floats, Floats, float], ListValue]
"""(relevance [K], similarity [K, K], strength 0..1) -> the value of a list of K candidates."""


def value_by_mmr(relevance: Floats, similarity: Floats, strength: float) -> ListValue:
    """The sum over a list's places of what MMR maximises at each.

    That is (1 - strength) * relevance, scaled to [0, 1], plus strength * the distance (1 - similarity) to the nearest
    item above, without which the first place is. With distances for similarities 0 is the worst list: all alike, and
    irrelevant.
    """
    scaled = scale_relevance(relevance)

    def value(lists: Indices) -> Doubles:
        between = similarity[lists[:, :, None], lists[:, None]].astype(np.float64)  # [P, n, n]
        above = np.tri(lists.shape[1], k=-1, dtype=np.bool_)
        nearest = np.where(above, between, -np.inf).max(axis=2)[:, 1:]
        return np.asarray((1 - strength) * scaled[lists].sum(axis=1) + strength * (1 - nearest).sum(axis=1))

    return value


def value_by_dpp(relevance: Floats, similarity: Floats, strength: float) -> ListValue:
    """(1 - strength) * the sum of relevance, scaled to [0, 1], plus strength * log det of the list's similarity.

    It is the logarithm of what the determinantal point process of models.ranking.dpp gives the set, up to scale.
    """
    scaled = scale_relevance(relevance)

    def value(lists: Indices) -> Doubles:
        kernel = similarity[lists[:, :, None], lists[:, None]].astype(np.float64)  # [P, n, n]
        return np.asarray((1 - strength) * scaled[lists].sum(axis=1) + strength * log_determinants(kernel))

    return value


def log_determinants(kernels: Doubles) -> Doubles:
    """[P] log det of kernels [P, n, n] with a diagonal of ones.

    As in models.ranking.dpp, an item that adds less variance than SMALLEST_VARIANCE counts as one that adds it.
    """
    signs, totals = np.linalg.slogdet(kernels)
    # No item adds more than 1, so where the product is above the smallest variance, each factor is.
    unsure = (signs <= 0) | (totals <= np.log(SMALLEST_VARIANCE))
    return _eliminate(kernels) if unsure.any() else np.asarray(totals)


def _eliminate(kernels: Doubles) -> Doubles:
    left, total = kernels.copy(), np.zeros(len(kernels))
    for k in range(kernels.shape[1]):
        variance = left[:, k, k]
        total += np.log(np.maximum(variance, SMALLEST_VARIANCE))
        column = left[:, k + 1 :, k]
        factor = np.where(variance > SMALLEST_VARIANCE, 1 / np.maximum(variance, SMALLEST_VARIANCE), 0.0)
        left[:, k + 1 :, k + 1 :] -= column[:, :, None] * column[:, None] * factor[:, None, None]
    return total


LIST_VALUES: dict[str, MakeListValue] = {"mmr": value_by_mmr, "dpp": value_by_dpp}
"""Re-ranker -> the value of a list that it is greedy for."""
