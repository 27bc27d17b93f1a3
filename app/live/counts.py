"""The counts that this replica has read from the store, by bucket of time, and their decayed sums."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from app.live.digest_index import DigestIndex
from app.live.sums import ClosedSums, KeySums, add_sums, sum_items, sum_pairs
from app.state.protocol import ItemCounts, LiveStore, PairCounts
from models.contract.live_statistics import LiveWindow

Counts = TypeVar("Counts", ItemCounts, PairCounts)
KEPT_SUMS = 3
"""Sums over closed buckets that are kept: of items since the bundle's moment, of all items, and of pairs."""


@dataclass(slots=True)
class LiveCounts:
    """Written by one task. `version` is that of the store at the last reading; None: read everything next."""

    store: LiveStore
    window: LiveWindow
    version: int | None = None
    _items: dict[int, ItemCounts] = field(default_factory=dict)
    _pairs: dict[int, PairCounts] = field(default_factory=dict)
    _read_at: float = 0.0
    _closed: list[ClosedSums] = field(default_factory=list)

    async def read(self, now: float) -> bool:
        """Read the buckets that may have changed; False if none has. Raises StateUnavailableError."""
        version = await self.store.version()
        if version == self.version:
            return False
        buckets, pair_buckets = self.window.list_buckets(now), self.window.list_pair_buckets(now)
        first, first_pairs = buckets[0], pair_buckets[0]
        if self.version is not None and version > self.version:
            first = max(first, self.window.bucket(self._open_at))
            first_pairs = max(first_pairs, self.window.pair_bucket(self._open_at))
        else:
            self._items, self._pairs, self._closed = {}, {}, []
        changed, changed_pairs = range(first, buckets[-1] + 1), range(first_pairs, pair_buckets[-1] + 1)
        items, pairs = await self.store.read_items(changed), await self.store.read_pairs(changed_pairs)
        self._items |= {
            bucket: found for bucket, found in zip(changed, items, strict=True) if len(found.items)
        }
        self._pairs |= {
            bucket: found for bucket, found in zip(changed_pairs, pairs, strict=True) if len(found.first)
        }
        self.version, self._read_at = version, now
        return True

    def forget(self, now: float) -> None:
        """Forget the buckets that are too old."""
        first, first_pairs = self.window.list_buckets(now)[0], self.window.list_pair_buckets(now)[0]
        self._items = {bucket: found for bucket, found in self._items.items() if bucket >= first}
        self._pairs = {bucket: found for bucket, found in self._pairs.items() if bucket >= first_pairs}

    @property
    def is_empty(self) -> bool:
        """True if nothing is counted."""
        return not self._items

    @property
    def _open_at(self) -> float:
        """A moment in the oldest bucket that may still change: another replica's clock may be behind."""
        return self._read_at - self.window.width_s

    def sum_items(self, index: DigestIndex, now: float, since: float) -> KeySums:
        """The decayed counts of the items of an index, from the bucket of the moment `since` on."""
        first = self.window.bucket(since)
        items = {bucket: found for bucket, found in self._items.items() if bucket >= first}
        return self._sum(items, self.window.bucket(self._open_at), index, now, sum_items)

    def sum_pairs(self, index: DigestIndex, now: float) -> KeySums:
        """The decayed counts of all pairs whose items the index has."""
        return self._sum(self._pairs, self.window.pair_bucket(self._open_at), index, now, sum_pairs)

    def _sum(
        self,
        buckets: Mapping[int, Counts],
        open_from: int,
        index: DigestIndex,
        now: float,
        add: Callable[[Mapping[int, Counts], DigestIndex, LiveWindow, float], KeySums],
    ) -> KeySums:
        """The sums over buckets, of which those before `open_from` are summed once."""
        names = tuple(sorted(bucket for bucket in buckets if bucket < open_from))
        closed = next((kept for kept in self._closed if kept.fits(index, names)), None)
        if closed is None:
            sums = add({bucket: buckets[bucket] for bucket in names}, index, self.window, now)
            closed = ClosedSums(index, names, now, sums)
            self._closed = [closed, *self._closed][:KEPT_SUMS]
        newest = {bucket: found for bucket, found in buckets.items() if bucket >= open_from}
        return add_sums(closed.decay(self.window, now), add(newest, index, self.window, now))
