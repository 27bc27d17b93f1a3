"""Hit rate at k: the share of lists with at least one relevant item."""

import numpy as np

from models.contract.arrays import Doubles, Mask


def hit_rate(hits: Mask) -> Doubles:
    """[C]: 1 where a list of hits [C, k] holds at least one relevant item, else 0."""
    return np.asarray(hits.any(axis=1), dtype=np.float64)
