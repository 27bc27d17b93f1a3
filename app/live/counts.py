"""The counts that this replica has read from the store, by bucket of time, and their decayed sums."""

from dataclasses import dataclass, field

import numpy as np

from app.live.digest_index import DigestIndex
from app.state.protocol import ItemCounts, LiveStore, PairCounts
from models.contract.arrays import Doubles, Indices
from models.contract.live_statistics import PAIR_BUCKETS, LiveWindow


@dataclass(frozen=True, slots=True)
class PairSums:
    """The decayed counts of p pairs of item rows; a pair may come several times."""

    first: Indices  # [p]
    second: Indices  # [p]
    counts: Doubles  # [p]


@dataclass(slots=True)
class LiveCounts:
    """Written by one task. `version` is that of the store at the last reading; None: read everything next."""

    store: LiveStore
    window: LiveWindow
    version: int | None = None
    _items: dict[int, ItemCounts] = field(default_factory=dict)
    _pairs: dict[int, PairCounts] = field(default_factory=dict)
    _read_at: float = 0.0

    async def read(self, now: float) -> bool:
        """Read the buckets that may have changed; False if none has. Raises StateUnavailableError."""
        version = await self.store.version()
        if version == self.version:
            return False
        buckets, pair_buckets = self.window.list_buckets(now), self.window.list_pair_buckets(now)
        first, first_pairs = buckets[0], pair_buckets[0]
        if self.version is not None and version > self.version:
            # Another replica's clock may be behind, and its events fall into the bucket before.
            last = self._read_at - self.window.width_s
            first = max(first, self.window.bucket(last))
            first_pairs = max(first_pairs, self.window.pair_bucket(last))
        else:
            self._items, self._pairs = {}, {}
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

    def sum_items(self, index: DigestIndex, now: float, since: float) -> Doubles:
        """[n] the decayed count of each row, of the buckets from that of the moment `since` on."""
        first = self.window.bucket(since)
        rows, counts = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
        for bucket, found in self._items.items():
            if bucket >= first:
                rows.append(index.find(found.items))
                counts.append(found.counts * self.window.weigh(bucket, now))
        every, weights = np.concatenate(rows), np.concatenate(counts)
        known = every >= 0
        sums = np.bincount(every[known], weights[known], minlength=len(index))
        return np.asarray(sums, dtype=np.float64)

    def sum_pairs(self, index: DigestIndex, now: float) -> PairSums:
        """The decayed counts of all pairs whose items the catalogue has."""
        first, second, counts = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
        for bucket, found in self._pairs.items():
            first.append(index.find(found.first))
            second.append(index.find(found.second))
            counts.append(found.counts * self.window.weigh(bucket, now, PAIR_BUCKETS))
        one, other = np.concatenate(first), np.concatenate(second)
        known = (one >= 0) & (other >= 0)
        return PairSums(one[known], other[known], np.concatenate(counts)[known])
