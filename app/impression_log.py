"""The log of impressions: what answers showed, written after they were sent by one task, and never waited for."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from itertools import islice

from app.state.protocol import Impression, ImpressionStore, StateUnavailableError

GATHER_S = 0.05
"""How long impressions are gathered before they are written in one round trip."""
BATCH = 200
"""Most impressions of one round trip."""
ROOM = 2_000
"""Most impressions that wait; above it they are dropped."""


class Fate(StrEnum):
    """The fate of an impression. The values are labels of a metric."""

    STORED = "stored"
    NO_ROOM = "no_room"  # more came than could be written
    STORE_FAILED = "store_failed"


class ImpressionLog:
    """Impressions that wait for their write, by the id of the answer, oldest first.

    `count` is told the fate of impressions. With `room` 0 nothing is kept.
    """

    def __init__(self, count: Callable[[Fate, int], None], room: int = ROOM) -> None:
        self._count = count
        self._room = room
        self._waiting: dict[str, tuple[ImpressionStore, Impression]] = {}
        self._came = asyncio.Event()

    @property
    def is_on(self) -> bool:
        """Whether impressions are kept at all."""
        return self._room > 0

    def offer(self, store: ImpressionStore, impression: Impression) -> None:
        """Take an impression for a tenant's store, or drop it if there is no room."""
        if len(self._waiting) >= self._room:
            self._count(Fate.NO_ROOM, 1)
            return
        self._waiting[impression.recommendation_id] = (store, impression)
        self._came.set()

    async def find(
        self, store: ImpressionStore, recommendation_id: str, user_id: str | None
    ) -> Impression | None:
        """The impression of an answer to a user, written or not. Raises StateUnavailableError."""
        held = self._waiting.get(recommendation_id)
        if held is not None:
            owner, impression = held
            return impression if owner is store and impression.user_id == user_id else None
        return await store.find(recommendation_id, user_id) if self.is_on else None

    async def run(self) -> None:
        """Write what comes, until cancelled."""
        while True:
            await self._came.wait()
            await asyncio.sleep(GATHER_S)
            await self.flush()

    async def flush(self) -> None:
        """Write all that waits. What cannot be written is dropped."""
        self._came.clear()
        while self._waiting:
            batch = dict(islice(self._waiting.items(), BATCH))
            by_store: dict[int, tuple[ImpressionStore, list[Impression]]] = {}
            for store, impression in batch.values():
                by_store.setdefault(id(store), (store, []))[1].append(impression)
            for store, impressions in by_store.values():
                await self._write(store, impressions)
            for recommendation_id in batch:  # until now they are found here
                del self._waiting[recommendation_id]

    async def _write(self, store: ImpressionStore, impressions: list[Impression]) -> None:
        try:
            await store.add(impressions)
        except (StateUnavailableError, ValueError):  # the client has counted and logged the first
            self._count(Fate.STORE_FAILED, len(impressions))
        else:
            self._count(Fate.STORED, len(impressions))


@asynccontextmanager
async def open_impression_log(
    count: Callable[[Fate, int], None], room: int = ROOM
) -> AsyncIterator[ImpressionLog]:
    """A log with its task, which writes what waits before it ends."""
    log = ImpressionLog(count, room)
    writing = asyncio.create_task(log.run())
    try:
        yield log
    finally:
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing
        await log.flush()
