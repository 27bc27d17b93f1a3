"""Catalogue coverage: the share of all items that occur in at least one list."""

import numpy as np

from models.contract.arrays import Indices
from models.evaluation.metrics.lists import NO_ITEM


def coverage(lists: Indices, n_items: int) -> float:
    """The share of `n_items` items that occur in the lists [C, k]; nan for an empty catalogue."""
    return len(np.unique(lists[lists != NO_ITEM])) / n_items if n_items else float("nan")
