"""The protocol of the benchmark's baselines: fitted on events, each scores all items for users by their histories."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from scipy import sparse

from models.contract.arrays import Floats, Indices
from models.evaluation.baselines.protocol import Baseline
from models.evaluation.protocols import InteractionSet

UserScorer = Callable[[Indices, sparse.csr_array], Floats]
"""Scores [b, I] of all items, from b users with their weighted histories [b, I]; higher is better."""


class UserBaseline(Protocol):
    """A baseline with its settings, which may know each user that it was fitted on."""

    @property
    def settings(self) -> str:
        """See models.evaluation.baselines.protocol.Baseline.settings."""
        ...

    def fit(self, interactions: InteractionSet) -> UserScorer:
        """Learn from the interactions; raises BaselineRefusedError where that is impossible."""
        ...


@dataclass(frozen=True, slots=True)
class FromHistory:
    """A baseline that scores by the history alone."""

    baseline: Baseline

    @property
    def settings(self) -> str:
        """See UserBaseline.settings."""
        return self.baseline.settings

    def fit(self, interactions: InteractionSet) -> UserScorer:
        """See UserBaseline.fit."""
        scorer = self.baseline.fit(interactions)
        return lambda _users, histories: scorer(histories)


def from_histories(baselines: Iterable[Baseline]) -> tuple[FromHistory, ...]:
    """Each of the baselines, in their order."""
    return tuple(map(FromHistory, baselines))
