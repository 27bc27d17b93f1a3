"""Precision at k: the share of a list that is relevant."""

import numpy as np

from models.contract.arrays import Doubles, Mask


def precision(hits: Mask) -> Doubles:
    """[C]: the hits [C, k] of each list over k, also where a list has fewer than k items."""
    return np.asarray(hits.mean(axis=1), dtype=np.float64)
