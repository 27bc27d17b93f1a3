"""Where the levels of limits are kept: in memory, or in Redis with the memory as its replacement in an outage."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from app.access.buckets import Level, charge, settle
from app.access.limits import Charge, Limiter, Refusal, Verdict
from app.state.protocol import StateUnavailableError

LOG = logging.getLogger("chorus.access")
MAX_LEVELS = 20_000
"""Levels kept in memory; above, the one that was charged the longest ago is forgotten."""
PAUSE_S = 1.0
"""Seconds without a try after a failure of Redis, so that not every request waits for its time limit."""


class MemoryLimiter:
    """Levels in the memory of this process."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._levels: OrderedDict[tuple[str, str], Level] = OrderedDict()

    async def charge(self, charges: Sequence[Charge]) -> Verdict:
        """Charge all limits, or none if one of them refuses."""
        now = self._clock()
        before, after = [], []
        refusal = None
        for item in charges:
            stored = self._levels.get((item.limit.name, item.subject), Level(0.0, now))
            level = settle(item.limit, stored, now)
            wait_s, charged = charge(item.limit, level, item.cost)
            before.append((item.limit, level))
            after.append((item.limit, charged))
            if wait_s and refusal is None:
                refusal = Refusal(item.limit, wait_s)
        if refusal is not None:
            return Verdict(tuple(before), refusal)
        for item, (_limit, level) in zip(charges, after, strict=True):
            self._levels[item.limit.name, item.subject] = level
            self._levels.move_to_end((item.limit.name, item.subject))
        while len(self._levels) > MAX_LEVELS:
            self._levels.popitem(last=False)
        return Verdict(tuple(after))

    def __len__(self) -> int:
        return len(self._levels)


class ResilientLimiter:
    """The shared limiter, and in its outage the local one: each replica then applies the limits by itself."""

    def __init__(self, shared: Limiter, local: Limiter, clock: Callable[[], float] = time.monotonic) -> None:
        self._shared = shared
        self._local = local
        self._clock = clock
        self._retry_at = clock()
        self._is_local = False

    async def charge(self, charges: Sequence[Charge]) -> Verdict:
        """Charge all limits, or none if one of them refuses. An outage is logged at its start and its end."""
        if self._clock() < self._retry_at:
            return await self._local.charge(charges)
        if self._is_local:  # one request tries Redis; the others do not wait with it
            self._retry_at = self._clock() + PAUSE_S
        try:
            verdict = await self._shared.charge(charges)
        except StateUnavailableError as error:
            self._retry_at = self._clock() + PAUSE_S
            if not self._is_local:
                fields = {"code": error.fault.value}
                LOG.error("limits count in this process alone: Redis is away", extra={"fields": fields})
            self._is_local = True
            return await self._local.charge(charges)
        if self._is_local:
            LOG.warning("limits count in Redis again")
            self._is_local, self._retry_at = False, self._clock()
        return verdict
