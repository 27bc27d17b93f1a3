"""NDCG at k with gains of several sizes (Jarvelin and Kekalainen 2002): an item counts by what it is worth."""

import numpy as np
from scipy import sparse

from models.contract.arrays import Doubles, Floats, Indices
from models.evaluation.metrics.lists import NO_ITEM


def graded_ndcg(gains: Floats, ideal: Doubles) -> Doubles:
    """[C]: discounted gains [C, k] of lists over the `ideal` [C] ones; 0 for a list without anything to gain."""
    total = (gains * discounts(gains.shape[1])).sum(axis=1)
    return np.asarray(np.divide(total, ideal, out=np.zeros(len(ideal)), where=ideal > 0), dtype=np.float64)


def read_gains(gains: sparse.csr_array, lists: Indices) -> Floats:
    """[C, k] what the items of lists [C, k] are worth, from the gains [C, I] of all items; 0 for NO_ITEM."""
    if not lists.size:  # scipy reads one cell for no index
        return np.zeros(lists.shape, dtype=np.float32)
    rows = np.repeat(np.arange(len(lists)), lists.shape[1])
    cells = np.asarray(gains[rows, lists.clip(0).ravel()]).reshape(lists.shape)
    return np.asarray(cells * (lists != NO_ITEM), dtype=np.float32)


def ideal_gains(gains: sparse.csr_array, k: int) -> Doubles:
    """[C] the discounted gains of the best possible list of k items, from the gains [C, I] of all items."""
    ideal = np.zeros(gains.shape[0])
    for number, (start, stop) in enumerate(zip(gains.indptr[:-1], gains.indptr[1:], strict=True)):
        best = np.sort(gains.data[start:stop])[::-1][:k]
        ideal[number] = float(best @ discounts(len(best)))
    return ideal


def discounts(k: int) -> Doubles:
    """[k] the discount of each place."""
    return np.asarray(1 / np.log2(np.arange(k) + 2.0))
