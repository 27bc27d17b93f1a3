"""Recent-popularity baseline: items by the number of users who interacted with them in the last days."""

from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Indices
from models.contract.calendar import DAY
from models.evaluation.baselines.popularity import order_by_counts, score_alike
from models.evaluation.baselines.protocol import Baseline, Scorer
from models.evaluation.protocols import InteractionSet, pairs_matrix

WINDOWS = (3.0, 7.0, 14.0, 30.0, 60.0)
"""Days."""


@dataclass(frozen=True, slots=True)
class RecentPopularity:
    """Scores an item by its users in the last `days` of the fitted interactions; ties by all-time popularity.

    `days` is None for a log without times: the score is then all-time popularity.
    """

    days: float | None

    @property
    def settings(self) -> str:
        """See Baseline.settings."""
        return "no times" if self.days is None else f"{self.days:g} days"

    def fit(self, interactions: InteractionSet) -> Scorer:
        """See Baseline.fit."""
        return score_alike(order_by_counts(self._count_recent(interactions), interactions.popularity()))

    def _count_recent(self, interactions: InteractionSet) -> Indices:
        if self.days is None or not len(interactions.times):
            return interactions.popularity()
        recent = interactions.times >= interactions.times[-1] - self.days * DAY
        shape = (interactions.n_users, interactions.n_items)
        matrix = pairs_matrix(interactions.users[recent], interactions.items[recent], shape)
        return np.bincount(matrix.indices, minlength=interactions.n_items).astype(np.int64)


def recent_popularity_grid(timed: bool) -> tuple[Baseline, ...]:
    """One baseline for each window; without times, one baseline without a window."""
    return tuple(RecentPopularity(days) for days in (WINDOWS if timed else (None,)))
