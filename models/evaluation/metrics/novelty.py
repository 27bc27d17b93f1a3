"""Novelty: the mean self-information of the recommended items (Zhou et al. 2010)."""

import numpy as np

from models.contract.arrays import Indices
from models.evaluation.metrics.lists import NO_ITEM


def novelty(lists: Indices, popularity: Indices) -> float:
    """Mean over recommended items of -log2 of their share of all interactions, in bits.

    Every item counts one interaction more than `popularity` [I], so that an item without any has a finite
    novelty. nan where no list [C, k] has an item.
    """
    share = (popularity + 1) / (popularity.sum() + len(popularity))
    recommended = lists[lists != NO_ITEM]
    return float(-np.log2(share[recommended]).mean()) if len(recommended) else float("nan")
