"""Baselines of what follows what: a first-order Markov chain, and transitions over a window of several events."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats
from models.evaluation.baselines.protocol import Scorer, popularity_share
from models.evaluation.protocols import InteractionSet
from models.export.transitions import GAP_DECAY, GAPS, PRIOR_EVENTS, count_pairs, measure_lift

TIE = 1e-3
"""The weight of the popularity share [0, 1), which orders equal scores."""


@dataclass(frozen=True, slots=True)
class Following:
    """Scores an item by how often it came within `gaps` events after the items of the history.

    By the probability that it follows, or with `lift` by the log lift of models.export.transitions.
    """

    gaps: int = 1
    lift: bool = False

    @property
    def settings(self) -> str:
        """See Baseline.settings."""
        kind = f"lift, prior {PRIOR_EVENTS:g}" if self.lift else "probability"
        return kind if self.gaps == 1 else f"{self.gaps} gaps, decay {GAP_DECAY:g}, {kind}"

    def fit(self, interactions: InteractionSet) -> Scorer:
        """See Baseline.fit."""
        by_user = np.argsort(interactions.users, kind="stable")
        users, items = interactions.users[by_user], interactions.items[by_user]
        offsets = np.searchsorted(users, np.arange(interactions.n_users + 1)).astype(np.int64)
        counts = count_pairs(items, offsets, interactions.n_items, self.gaps)
        table = measure_lift(counts, items) if self.lift else _divide_rows(counts)
        share = popularity_share(interactions.popularity())

        def score(histories: sparse.csr_array) -> Floats:
            sums = (histories @ table).toarray()
            return np.asarray(sums + TIE * share, dtype=np.float32)

        return score


def markov_grid() -> tuple[Following, ...]:
    """The first-order chain, which has no settings."""
    return (Following(),)


def window_grid() -> tuple[Following, ...]:
    """Both weights of a transition over GAPS events."""
    return tuple(Following(GAPS, lift) for lift in (False, True))


def _divide_rows(counts: sparse.csr_array) -> sparse.csr_array:
    """Counts [I, I] over the sum of their row; a row of zeros stays."""
    sums = np.asarray(counts.sum(axis=1)).ravel()
    shares = counts.data / np.repeat(sums, np.diff(counts.indptr))
    return sparse.csr_array((shares, counts.indices, counts.indptr), shape=counts.shape)
