"""The impressions in memory, packed as in Redis, so that both stores accept and return the same."""

import time
from collections import deque
from collections.abc import Callable, Collection, Sequence

from app.state.limits import StoreLimits
from app.state.protocol import Impression, ImpressionEntry
from app.state.redis.impression_codec import pack_impression, unpack_impression

Kept = tuple[int, float, str, str | None, bytes]
"""Number, time of arrival in Unix seconds, id of the answer, user, document."""


class MemoryImpressions:
    """The ImpressionStore in the memory of this process. `read_erasure` gives the time of a user's erasure."""

    def __init__(
        self,
        limits: StoreLimits,
        read_erasure: Callable[[str], float | None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._limits = limits
        self._read_erasure = read_erasure
        self._clock = clock
        self._kept: deque[Kept] = deque(maxlen=limits.impression_cap)
        self._added = 0

    async def add(self, impressions: Sequence[Impression]) -> None:
        """Store impressions, and remove those that are too old."""
        now = self._clock()
        for each in impressions:
            erased_at = None if each.user_id is None else self._read_erasure(each.user_id)
            if erased_at is None or each.shown_at >= erased_at:
                self._added += 1
                packed = pack_impression(each)
                self._kept.append((self._added, now, each.recommendation_id, each.user_id, packed))
        while self._kept and self._kept[0][1] < now - self._limits.impression_age_s:
            self._kept.popleft()

    async def find(self, recommendation_id: str, user_id: str | None) -> Impression | None:
        """The newest impression of this id, if it is of the user and not expired."""
        oldest = self._clock() - self._limits.impression_ttl_s
        for _number, arrived_at, kept_id, owner, packed in reversed(self._kept):
            if kept_id == recommendation_id:
                return unpack_impression(owner, packed) if owner == user_id and arrived_at >= oldest else None
        return None

    async def find_all(self, recommendation_ids: Sequence[str]) -> dict[str, Impression]:
        """The newest impression of each id that is not expired."""
        wanted, oldest = set(recommendation_ids), self._clock() - self._limits.impression_ttl_s
        return {
            kept_id: unpack_impression(owner, packed)
            for _number, arrived_at, kept_id, owner, packed in self._kept
            if kept_id in wanted and arrived_at >= oldest
        }

    async def read_clock(self) -> float:
        """The clock of this process."""
        return self._clock()

    async def read_since(self, after: str = "0-0", count: int = 1_000) -> list[ImpressionEntry]:
        """Up to `count` impressions after an entry, oldest first."""
        last = int(after.partition("-")[2])
        later = [kept for kept in self._kept if kept[0] > last][:count]
        return [
            ImpressionEntry(f"{int(arrived_at * 1000)}-{number}", unpack_impression(owner, packed))
            for number, arrived_at, _id, owner, packed in later
        ]

    def erase(self, user_ids: Collection[str]) -> None:
        """Remove the impressions of users."""
        others = [kept for kept in self._kept if kept[3] not in user_ids]
        self._kept = deque(others, maxlen=self._limits.impression_cap)
