"""The log of shadows: lists that nobody sees are computed after the answers by one task, and never waited for."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from enum import StrEnum
from typing import NamedTuple, Protocol

from app.errors import ChorusError, UnavailableError
from app.experiments.shadow import ShadowSums
from app.state.protocol import Arm, StateUnavailableError, TenantStore

LOG = logging.getLogger("chorus.experiments")
ROOM = 100
"""Most lists that wait; above it they are dropped."""


class ShadowFate(StrEnum):
    """The fate of a list that nobody sees. The values are labels of a metric."""

    COMPARED = "compared"
    NO_ROOM = "no_room"  # more came than could be computed
    OVERLOADED = "overloaded"  # the compute threads had answers to compute
    STORE_FAILED = "store_failed"
    FAILED = "failed"  # the bundle could not answer the request


class Meter(Protocol):
    """The metrics of shadows, as the log tells them."""

    def count(self, fate: str) -> None:
        """Count a list by what became of it."""

    def observe(self, sums: ShadowSums) -> None:
        """Observe the comparison of one answer."""


class Shadow(NamedTuple):
    """A list to compute for an arm, and to compare with the one that was sent."""

    store: TenantStore
    arm: Arm
    compare: Callable[[], Awaitable[ShadowSums]]


class ShadowLog:
    """Lists that wait to be computed, one at a time, oldest first."""

    def __init__(self, meter: Meter, room: int = ROOM) -> None:
        self._meter = meter
        self._room = room
        self._waiting: deque[Shadow] = deque()
        self._came = asyncio.Event()

    def offer(self, shadow: Shadow) -> None:
        """Take a list to compute, or drop it if there is no room."""
        if len(self._waiting) >= self._room:
            self._meter.count(ShadowFate.NO_ROOM)
            return
        self._waiting.append(shadow)
        self._came.set()

    async def run(self) -> None:
        """Compute what comes, until cancelled."""
        while True:
            await self._came.wait()
            self._came.clear()
            while self._waiting:
                self._meter.count(await self._compare(self._waiting.popleft()))

    async def flush(self) -> None:
        """Drop what waits: nobody misses it."""
        while self._waiting:
            self._waiting.popleft()
            self._meter.count(ShadowFate.NO_ROOM)

    async def _compare(self, shadow: Shadow) -> ShadowFate:
        """The fate of a list. Nobody waits for it: no error of one keeps the next from being computed."""
        result = (await asyncio.gather(_measure(shadow), return_exceptions=True))[0]
        if isinstance(result, ShadowSums):
            self._meter.observe(result)
            return ShadowFate.COMPARED
        if isinstance(result, UnavailableError):
            return ShadowFate.OVERLOADED
        if isinstance(result, StateUnavailableError):  # the client has counted and logged it
            return ShadowFate.STORE_FAILED
        if not isinstance(result, ChorusError):
            LOG.error("a shadow failed", exc_info=result)
        return ShadowFate.FAILED


async def _measure(shadow: Shadow) -> ShadowSums:
    sums = await shadow.compare()
    await shadow.store.experiments.add_totals(shadow.arm, asdict(sums))
    return sums
