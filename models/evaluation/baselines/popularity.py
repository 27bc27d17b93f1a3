"""The two baselines that know no user: what most people had, ever and lately."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats, Indices
from models.contract.calendar import DAY
from models.evaluation.baselines.protocol import Scorer
from models.evaluation.protocols import InteractionSet, pairs_matrix

WINDOWS = (3.0, 7.0, 14.0, 30.0, 60.0)
"""Days."""


@dataclass(frozen=True, slots=True)
class Popularity:
    """The number of users who had an item."""

    name: str = "popularity"
    settings: str = ""

    def fit(self, interactions: InteractionSet) -> Scorer:
        """See Baseline.fit."""
        return _same_for_all(_places(interactions.popularity()))


@dataclass(frozen=True, slots=True)
class RecentPopularity:
    """The number of users who had an item in the last `days` before the fit's end; equal ones by popularity.

    No days: all time, which is what is left of it where a log has no times.
    """

    days: float | None
    name: str = "recent popularity"

    @property
    def settings(self) -> str:
        """See Baseline.settings."""
        return "no times" if self.days is None else f"{self.days:g} days"

    def fit(self, interactions: InteractionSet) -> Scorer:
        """See Baseline.fit."""
        return _same_for_all(_places(self._recent(interactions), interactions.popularity()))

    def _recent(self, interactions: InteractionSet) -> Indices:
        if self.days is None or not len(interactions.times):
            return interactions.popularity()
        late = interactions.times >= interactions.times[-1] - self.days * DAY
        shape = (interactions.n_users, interactions.n_items)
        matrix = pairs_matrix(interactions.users[late], interactions.items[late], shape)
        return np.bincount(matrix.indices, minlength=interactions.n_items).astype(np.int64)


def _places(*counts: Indices) -> Floats:
    """A score [I]: items in order of the first counts, then of the next; float32 holds 16 million places."""
    _, place = np.unique(np.stack(counts), axis=1, return_inverse=True)
    return place.ravel().astype(np.float32)


def _same_for_all(scores: Floats) -> Scorer:
    def score(histories: sparse.csr_array) -> Floats:
        return np.broadcast_to(scores, histories.shape)

    return score
