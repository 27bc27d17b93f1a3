"""The live counts in memory, bounded and forgotten as in Redis."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from app.state.limits import StoreLimits
from app.state.protocol.live import LEAST_PAIR, USER_PAIRS, Digests, ItemCounts, PairCounts
from app.state.redis.live import digest_item
from models.contract.live_statistics import LiveWindow


@dataclass(slots=True)
class _Counted:
    """The counted items of one user in the period of the last one, and the last items."""

    period: int = 0
    items: set[bytes] = field(default_factory=set)
    last: list[bytes] = field(default_factory=list)


class MemoryLiveCounts:
    """The LiveStore in the memory of this process. Users are forgotten above `user_cap` rather than after hours."""

    def __init__(self, limits: StoreLimits) -> None:
        self._limits = limits
        self.half_life_s: float = limits.live_half_life_s
        self._window = LiveWindow(self.half_life_s)
        self._version = 0
        self._users: OrderedDict[str, _Counted] = OrderedDict()
        self._items: dict[int, dict[bytes, int]] = {}
        self._pairs: dict[int, dict[bytes, int]] = {}

    def count(self, user_id: str, item_id: str, at: float) -> None:
        """Count an event that was stored."""
        period, digest = self._window.period(at), digest_item(item_id)
        user = self._users.setdefault(user_id, _Counted())
        self._users.move_to_end(user_id)
        if len(self._users) > self._limits.user_cap:
            self._users.popitem(last=False)
        if user.period != period:
            user.period, user.items = period, set()
        if len(user.items) < self._limits.live_user_items and digest not in user.items:
            user.items.add(digest)
            self._version += 1
            self._forget(at)
            items = self._items.setdefault(self._window.bucket(at), {})
            pairs = self._pairs.setdefault(self._window.pair_bucket(at), {})
            _add_one(items, digest)
            for other in user.last:
                if other != digest:
                    _add_one(pairs, b"".join(sorted((digest, other))))
            _trim(items, self._limits.live_items)
            _trim(pairs, self._limits.live_pairs)
        user.last = [*(other for other in user.last if other != digest), digest][-USER_PAIRS:]

    def forget_user(self, user_id: str) -> None:
        """Forget which items of a user were counted; the counts stay."""
        self._users.pop(user_id, None)

    def digest(self, item_ids: Sequence[str]) -> Digests:
        """The digests of item ids."""
        return np.frombuffer(b"".join(map(digest_item, item_ids)), dtype=np.uint64)

    async def version(self) -> int:
        """The number of events counted so far."""
        return self._version

    async def read_items(self, buckets: Sequence[int]) -> list[ItemCounts]:
        """The counts of buckets of items."""
        return [ItemCounts.of(self._items.get(bucket, {})) for bucket in buckets]

    async def read_pairs(self, buckets: Sequence[int]) -> list[PairCounts]:
        """The counts of buckets of pairs."""
        found = []
        for bucket in buckets:
            often = {
                pair: count for pair, count in self._pairs.get(bucket, {}).items() if count >= LEAST_PAIR
            }
            digests = _to_digests(often, 2)
            found.append(PairCounts(digests[:, 0], digests[:, 1], _to_counts(often)))
        return found

    def _forget(self, now: float) -> None:
        """Remove the buckets that no reader asks for any more."""
        bounds = (self._window.list_buckets(now)[0], self._window.list_pair_buckets(now)[0])
        for counts, first in zip((self._items, self._pairs), bounds, strict=True):
            for bucket in [bucket for bucket in counts if bucket < first]:
                del counts[bucket]


def _add_one(counts: dict[bytes, int], member: bytes) -> None:
    counts[member] = counts.get(member, 0) + 1


def _trim(counts: dict[bytes, int], cap: int) -> None:
    """Keep the `cap` members with the greatest counts, once there are a quarter more."""
    if len(counts) > cap + cap / 4:
        for member in sorted(counts, key=lambda member: (counts[member], member))[: len(counts) - cap]:
            del counts[member]


def _to_digests(counts: dict[bytes, int], width: int) -> Digests:
    return np.frombuffer(b"".join(counts), dtype=np.uint64).reshape(len(counts), width)


def _to_counts(counts: dict[bytes, int]) -> np.ndarray:
    return np.array(list(counts.values()), dtype=np.float64)
