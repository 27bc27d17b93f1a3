"""Average precision at k: the mean of the precision at each relevant item's position."""

import numpy as np

from models.contract.arrays import Doubles, Indices, Mask


def average_precision(hits: Mask, relevant: Indices) -> Doubles:
    """[C]: the sum over hits of the precision at their position, over min(k, relevant) (Manning et al. 2008, 8.4).

    1 for a list with all its hits first; `relevant` [C] >= 1.
    """
    k = hits.shape[1]
    precision_at = np.cumsum(hits, axis=1) / np.arange(1, k + 1)
    return np.asarray((precision_at * hits).sum(axis=1) / np.minimum(relevant, k), dtype=np.float64)
