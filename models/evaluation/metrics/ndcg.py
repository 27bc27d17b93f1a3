"""NDCG at k: discounted gain of the relevant items over the best possible (Jarvelin and Kekalainen 2002)."""

import numpy as np

from models.contract.arrays import Doubles, Indices, Mask


def ndcg(hits: Mask, relevant: Indices) -> Doubles:
    """[C]: normalised discounted cumulative gain of hits [C, k], gains 0 or 1.

    The ideal list begins with min(k, relevant) hits; `relevant` [C] >= 1.
    """
    k = hits.shape[1]
    discounts = 1 / np.log2(np.arange(k) + 2.0)
    ideal = np.cumsum(discounts)[np.minimum(relevant, k) - 1]
    return np.asarray((hits * discounts).sum(axis=1) / ideal, dtype=np.float64)
