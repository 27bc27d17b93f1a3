"""How good ranked lists are: pure functions over hits [U, k], one figure a list."""

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Indices

Bools = NDArray[np.bool_]
Doubles = NDArray[np.float64]


def hit_rate(hits: Bools) -> Doubles:
    """[U]: 1 where a list [U, k] holds at least one relevant item."""
    return np.asarray(hits.any(axis=1), dtype=np.float64)


def recall(hits: Bools, relevant: Indices) -> Doubles:
    """[U]: the hits of each list over the number of its relevant items, `relevant` [U] >= 1."""
    return np.asarray(hits.sum(axis=1) / relevant, dtype=np.float64)


def ndcg(hits: Bools, relevant: Indices) -> Doubles:
    """[U]: discounted gain over the best one possible (Jarvelin and Kekalainen 2002), gains 0 or 1.

    The ideal list holds min(k, relevant) hits at its head; `relevant` [U] >= 1.
    """
    k = hits.shape[1]
    discounts = 1 / np.log2(np.arange(k) + 2.0)
    ideal = np.cumsum(discounts)[np.minimum(relevant, k) - 1]
    return np.asarray((hits * discounts).sum(axis=1) / ideal, dtype=np.float64)
