"""Novelty: the mean self-information of the recommended items (Zhou et al. 2010)."""

import numpy as np

from models.contract.arrays import Indices
from models.evaluation.metrics.lists import NO_ITEM


def novelty(lists: Indices, popularity: Indices) -> float:
    """Mean over recommended items of -log2 of their share of all interactions, in bits.

    Add-one smoothing of `popularity` [I] keeps the novelty of an item without interactions finite. nan where no
    list [C, k] has an item.
    """
    share = (popularity + 1) / (popularity.sum() + len(popularity))
    recommended = lists[lists != NO_ITEM]
    return float(-np.log2(share[recommended]).mean()) if len(recommended) else float("nan")
