"""What a fitted baseline is: a function from histories to scores."""

from collections.abc import Callable

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats, Indices

Scorer = Callable[[sparse.csr_array], Floats]
"""Scores [b, I] of all items, from histories bool [b, I]."""


class BaselineRefusedError(Exception):
    """A baseline that this data is too large for, and why."""


def popularity_share(popularity: Indices) -> Floats:
    """Popularity [I] brought to [0, 1), its order kept."""
    return np.asarray(popularity / (popularity.max(initial=0) + 1), dtype=np.float32)


def or_popularity(scores: Floats, histories: sparse.csr_array, share: Floats) -> Floats:
    """Scores [b, I], with the popularity share [I] for those who have no history."""
    empty = np.diff(histories.indptr) == 0
    return np.asarray(np.where(empty[:, None], share, scores), dtype=np.float32)
