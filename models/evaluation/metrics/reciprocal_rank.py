"""Reciprocal rank: one over the position of the first relevant item (Voorhees 1999)."""

import numpy as np

from models.contract.arrays import Doubles, Mask


def reciprocal_rank(hits: Mask) -> Doubles:
    """[C]: 1 / position of the first hit of each list [C, k], positions from 1; 0 without a hit."""
    first = hits.argmax(axis=1) + 1
    return np.asarray(np.where(hits.any(axis=1), 1 / first, 0.0), dtype=np.float64)
