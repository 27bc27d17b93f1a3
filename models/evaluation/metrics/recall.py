"""Recall at k: the share of the relevant items that a list holds."""

import numpy as np

from models.contract.arrays import Doubles, Indices, Mask


def recall(hits: Mask, relevant: Indices) -> Doubles:
    """[C]: the hits [C, k] of each list over the number of its relevant items, `relevant` [C] >= 1."""
    return np.asarray(hits.sum(axis=1) / relevant, dtype=np.float64)
