"""Popularity baseline: items by the number of users who interacted with them; one list for all users."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats, Indices
from models.evaluation.baselines.protocol import Baseline, Scorer
from models.evaluation.protocols import InteractionSet


@dataclass(frozen=True, slots=True)
class Popularity:
    """Scores an item by the number of users who interacted with it."""

    settings: str = ""

    def fit(self, interactions: InteractionSet) -> Scorer:
        """See Baseline.fit."""
        return score_alike(order_by_counts(interactions.popularity()))


def popularity_grid(timed: bool) -> tuple[Baseline, ...]:
    """One baseline: it has no settings."""
    return (Popularity(),)


def order_by_counts(*counts: Indices) -> Floats:
    """Scores [I] that order items by the first counts [I], equal ones by the next; exact up to 16 million items."""
    _, position = np.unique(np.stack(counts), axis=1, return_inverse=True)
    return position.ravel().astype(np.float32)


def score_alike(scores: Floats) -> Scorer:
    """A scorer that gives every history the same scores [I]."""

    def score(histories: sparse.csr_array) -> Floats:
        return np.broadcast_to(scores, histories.shape)

    return score
