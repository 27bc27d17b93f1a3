"""Decayed sums of live counts by item rows. What can change no more is summed once, and then decays as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.live.digest_index import DigestIndex
from app.state.protocol import ItemCounts, PairCounts
from models.contract.arrays import Doubles, Indices
from models.contract.live_statistics import PAIR_BUCKETS, LiveWindow


@dataclass(frozen=True, slots=True)
class KeySums:
    """The sums of m distinct keys at a moment: an item's key is its row, a pair's one number for both rows."""

    keys: Indices  # [m] ascending
    sums: Doubles  # [m]

    def first_rows(self, items: int) -> Indices:
        """[m] the lower row of pairs among so many items."""
        return np.asarray(self.keys // max(items, 1))

    def second_rows(self, items: int) -> Indices:
        """[m] the greater row."""
        return np.asarray(self.keys % max(items, 1))


NOTHING = KeySums(np.zeros(0, dtype=np.int64), np.zeros(0))


def sum_items(
    buckets: Mapping[int, ItemCounts], index: DigestIndex, window: LiveWindow, now: float
) -> KeySums:
    """The sums of the items of an index over buckets of items at `now`."""
    parts = [
        _weigh(index.find(found.items), found.counts, window.weigh(bucket, now))
        for bucket, found in buckets.items()
    ]
    return add_sums(*parts)


def sum_pairs(
    buckets: Mapping[int, PairCounts], index: DigestIndex, window: LiveWindow, now: float
) -> KeySums:
    """The sums of the pairs of items of an index over buckets of pairs at `now`."""
    parts = []
    for bucket, found in buckets.items():
        first, second = index.find(found.first), index.find(found.second)
        low, high = np.minimum(first, second), np.maximum(first, second)
        keys = np.where(low >= 0, low * len(index) + high, -1)
        parts.append(_weigh(keys, found.counts, window.weigh(bucket, now, PAIR_BUCKETS)))
    return add_sums(*parts)


def add_sums(*parts: KeySums) -> KeySums:
    """The sums of all parts together."""
    if not parts:
        return NOTHING
    keys, numbers = np.unique(np.concatenate([part.keys for part in parts]), return_inverse=True)
    weights = np.concatenate([part.sums for part in parts])
    return KeySums(keys, np.bincount(numbers, weights, minlength=len(keys)).astype(np.float64))


def _weigh(keys: Indices, counts: Doubles, weight: float) -> KeySums:
    """The counts of known keys, those of which the key is not negative."""
    known = keys >= 0
    return KeySums(keys[known], counts[known] * weight)


@dataclass(frozen=True, slots=True)
class ClosedSums:
    """The sums over closed buckets, and what they were made of."""

    index: DigestIndex
    buckets: tuple[int, ...]
    at: float
    sums: KeySums

    def fits(self, index: DigestIndex, buckets: tuple[int, ...]) -> bool:
        """True if these are the sums over the buckets for the index."""
        return self.index is index and self.buckets == buckets

    def decay(self, window: LiveWindow, now: float) -> KeySums:
        """The sums at a later moment."""
        factor = 0.5 ** (max(now - self.at, 0.0) / window.half_life_s)
        return KeySums(self.sums.keys, self.sums.sums * factor)
