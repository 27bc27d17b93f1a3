"""The input of list metrics: ranked lists with their hits, and facts about the items."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats, Indices, Mask

NO_ITEM = -1
"""Fills a list that has fewer than k items."""


@dataclass(frozen=True, slots=True)
class RankedLists:
    """C ranked lists of k items with their hits."""

    items: Indices  # [C, k] item rows, best first; NO_ITEM where a list is shorter
    hits: Mask  # [C, k] True where the item is relevant
    relevant: Indices  # [C] number of relevant items of each list, >= 1


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """Facts about I items for the diversity metrics; D or A is 0 where the job has no such data."""

    popularity: Indices  # [I] users who interacted with the item before the lists were made
    vectors: Floats  # [I, D] content or collaborative vectors
    attributes: sparse.csr_array  # bool [I, A] which attributes each item has


def mean_over_lists(figures: np.ndarray) -> float:
    """Mean of a figure of each list, [C]; nan without lists."""
    return float(figures.mean()) if len(figures) else float("nan")
