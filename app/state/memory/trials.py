"""The trials of new items in the memory of this process, bounded and forgotten as in Redis."""

from collections.abc import Mapping, Sequence

import numpy as np

from app.state.limits import StoreLimits
from app.state.protocol.live import Digests, ItemCounts
from app.state.redis.live import digest_item


class MemoryTrials:
    """The TrialStore in the memory of this process."""

    def __init__(self, limits: StoreLimits) -> None:
        self._most = limits.trial_items
        self._version = 0
        self._shown: dict[int, dict[bytes, int]] = {}
        self.days: int = limits.trial_days

    def digest(self, item_ids: Sequence[str]) -> Digests:
        """The digests of item ids."""
        return np.frombuffer(b"".join(map(digest_item, item_ids)), dtype=np.uint64)

    async def add_shown(self, shown: Mapping[str, int], day: int) -> None:
        """Add to the counts of a day, and forget those of days that are too old."""
        for old in [each for each in self._shown if each < day - self.days]:
            del self._shown[old]
        counts = self._shown.setdefault(day, {})
        for item_id, count in shown.items():
            digest = digest_item(item_id)
            if digest in counts or len(counts) < self._most:
                counts[digest] = counts.get(digest, 0) + count
        self._version += 1

    async def version(self) -> int:
        """The number of additions so far."""
        return self._version

    async def read_shown(self, days: Sequence[int]) -> list[ItemCounts]:
        """The counts of days."""
        return [ItemCounts.of(self._shown.get(day, {})) for day in days]
