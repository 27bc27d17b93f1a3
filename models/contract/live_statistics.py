"""Live statistics: what events since a bundle's moment add to its items' popularity, and which items go together.

Events are counted in buckets of time. A count decays by half in every half-life, from the middle of its bucket on, and
is forgotten after HALF_LIVES. Golden requests and the offline evaluation have no live counts: without them every
function here returns what the bundle has.
"""

from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Doubles, Floats
from models.contract.calendar import DAY
from models.contract.statistics import RECENT, TOTAL

BUCKETS = 24
"""Buckets of a half-life."""
HALF_LIVES = 4
"""Half-lives after which a bucket is forgotten: its events would count a sixteenth."""
PAIR_BUCKETS = 6
"""Buckets of items that are one bucket of pairs, as there are many more pairs than items."""
LATEST_S = DAY
"""An event counts if its time is at most so far from its arrival: an imported history is no trend."""
DEVIATIONS = 2.0
"""The standard deviations of a Poisson count by which a trend must exceed what its item is used to."""
PRIOR_PAIRS = 20.0
"""Shrinkage of the co-occurrence of two items: as if they had so many more users of whom none took both."""


@dataclass(frozen=True, slots=True)
class LiveWindow:
    """The buckets of one half-life in seconds."""

    half_life_s: float

    @property
    def width_s(self) -> float:
        """The length of a bucket of items."""
        return self.half_life_s / BUCKETS

    def period(self, at: float) -> int:
        """The period of a moment, a half-life long, in which a user counts once for each item."""
        return int(at // self.half_life_s)

    def bucket(self, at: float) -> int:
        """The bucket of items of a moment in Unix seconds."""
        return int(at // self.width_s)

    def pair_bucket(self, at: float) -> int:
        """The bucket of pairs of a moment."""
        return self.bucket(at) // PAIR_BUCKETS

    def list_buckets(self, now: float) -> range:
        """The buckets of items that are not forgotten, the oldest first."""
        return range(self.bucket(now) - BUCKETS * HALF_LIVES + 1, self.bucket(now) + 1)

    def list_pair_buckets(self, now: float) -> range:
        """The buckets of pairs that are not forgotten, the oldest first."""
        last = self.pair_bucket(now)
        return range(last - BUCKETS * HALF_LIVES // PAIR_BUCKETS + 1, last + 1)

    def weigh(self, bucket: int, now: float, buckets: int = 1) -> float:
        """The weight at `now` of an event of a bucket, which is as long as `buckets` of items."""
        width_s = self.width_s * buckets
        start = bucket * width_s
        middle = (start + min(start + width_s, max(now, start))) / 2
        return float(0.5 ** (max(now - middle, 0.0) / self.half_life_s))


def add_live_counts(statistics: Floats, counts: Doubles, ratio: float, ceilings: Floats) -> Floats:
    """Item statistics [m, S] with live counts [m]: recent and total popularity grow.

    `ratio` is the half-life of the statistics in live ones. Of a trend, what exceeds the count that the item is used to
    by DEVIATIONS counts as if it went on for the longer half-life. Beyond the `ceilings` [S], the greatest values of
    the bundle, popularity grows by its logarithm alone, as no network has seen such values.
    """
    live = statistics.astype(np.float64)
    recent = np.expm1(live[:, RECENT])
    usual = recent / max(ratio, 1.0)
    excess = np.maximum(counts - usual - DEVIATIONS * np.sqrt(np.maximum(counts, usual)), 0)
    live[:, RECENT] = np.log1p(recent + counts + (max(ratio, 1.0) - 1) * excess)
    live[:, TOTAL] = np.log1p(np.expm1(live[:, TOTAL]) + counts)
    for column in (RECENT, TOTAL):
        beyond = np.maximum(live[:, column] - ceilings[column], 0)
        live[:, column] += np.log1p(beyond) - beyond
    grown = np.where(counts[:, None] > 0, live, statistics)
    return grown.astype(np.float32)


def measure_co_occurrence(together: Doubles, first: Doubles, second: Doubles) -> Doubles:
    """[p] the co-occurrence in [0, 1) of pairs of items, by the users of both and of each: their shrunk cosine."""
    cosine = together / np.sqrt(np.maximum(first, together) * np.maximum(second, together) + 1e-12)
    return np.asarray(cosine * together / (together + PRIOR_PAIRS))
