"""Protocol of the live counts: how many users took an item, and two items, in each bucket of time."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Doubles

Digests = NDArray[np.uint64]
"""Digests of item ids, by which counts name items."""
LEAST_PAIR = 2
"""Users of a pair from which on it is read: most pairs come once, and tell nothing."""
USER_PAIRS = 5
"""The items that a user took last, with each of which a new one makes a pair."""


class ItemCounts(NamedTuple):
    """The m items of a bucket of time."""

    items: Digests  # [m]
    counts: Doubles  # [m] users

    @staticmethod
    def of(counts: Mapping[bytes, int | bytes]) -> "ItemCounts":
        """The counts of items by the bytes of their digests; a count may be digits, as Redis has it."""
        items = np.frombuffer(b"".join(counts), dtype=np.uint64)
        return ItemCounts(items, np.array([int(count) for count in counts.values()], dtype=np.float64))


class PairCounts(NamedTuple):
    """The p pairs of a bucket of time, each once, with LEAST_PAIR users or more."""

    first: Digests  # [p]
    second: Digests  # [p]
    counts: Doubles  # [p] users


class LiveStore(Protocol):
    """Counts of accepted events, which an append makes in the same atomic step; bounded in number and time.

    Every method but `digest` raises StateUnavailableError within its timeout, and never blocks the event loop.
    """

    @property
    def half_life_s(self) -> float:
        """The half-life of the counts, which gives the buckets their length."""

    def digest(self, item_ids: Sequence[str]) -> Digests:
        """The digests [n] of item ids."""

    async def version(self) -> int:
        """The number of events counted so far; a smaller one than before if the store lost its data."""

    async def read_items(self, buckets: Sequence[int]) -> list[ItemCounts]:
        """The most frequent items of each of these buckets of items (models.contract.live_statistics)."""

    async def read_pairs(self, buckets: Sequence[int]) -> list[PairCounts]:
        """The most frequent pairs of each of these buckets of pairs."""
