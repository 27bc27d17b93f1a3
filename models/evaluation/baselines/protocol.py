"""The baseline protocol, and the popularity fallback that personal baselines share."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats, Indices
from models.evaluation.protocols import InteractionSet

Scorer = Callable[[sparse.csr_array], Floats]
"""Scores [b, I] of all items, from histories bool [b, I]; higher is better."""


class Baseline(Protocol):
    """A baseline with its settings."""

    @property
    def settings(self) -> str:
        """The settings as the report prints them; empty where there are none."""
        ...

    def fit(self, interactions: InteractionSet) -> Scorer:
        """Learn from the interactions; raises BaselineRefusedError where the data is too large for the method."""
        ...


class BaselineRefusedError(Exception):
    """A baseline cannot be fitted: the data is too large, or a package is absent; the message says which."""


def popularity_share(popularity: Indices) -> Floats:
    """Popularity [I] scaled to [0, 1), order preserved."""
    return np.asarray(popularity / (popularity.max(initial=0) + 1), dtype=np.float32)


def popularity_without_history(scores: Floats, histories: sparse.csr_array, share: Floats) -> Floats:
    """Scores [b, I], replaced by the popularity share [I] in rows whose history is empty."""
    empty = np.diff(histories.indptr) == 0
    return np.asarray(np.where(empty[:, None], share, scores), dtype=np.float32)
