"""The log of impressions: what answers showed, written after they were sent by one task, and never waited for."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from app.log_task import group_by_store
from app.outcomes.log import COUNT_EVERY_S, OutcomeLog
from app.state.protocol import Impression, ImpressionStore, OutcomeStore, StateUnavailableError

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


class _Waiting(NamedTuple):
    store: ImpressionStore
    outcomes: OutcomeStore | None
    impression: Impression


class ImpressionLog:
    """Impressions that wait for their write, by the id of the answer, oldest first.

    `count` is told the fate of impressions. With `room` 0 nothing is kept. What was written is told to the log of
    outcomes, whose events are joined by the same task after the impressions that they may name.
    """

    def __init__(
        self, count: Callable[[Fate, int], None], room: int = ROOM, outcomes: OutcomeLog | None = None
    ) -> None:
        self._count = count
        self._room = room
        self._outcomes = outcomes
        self._waiting: dict[str, _Waiting] = {}
        self._came = asyncio.Event() if outcomes is None else outcomes.came

    @property
    def is_on(self) -> bool:
        """Whether impressions are kept at all."""
        return self._room > 0

    def offer(
        self, store: ImpressionStore, impression: Impression, outcomes: OutcomeStore | None = None
    ) -> None:
        """Take an impression for a tenant's store and its counts, or drop it if there is no room."""
        if len(self._waiting) >= self._room:
            self._count(Fate.NO_ROOM, 1)
            return
        self._waiting[impression.recommendation_id] = _Waiting(store, outcomes, impression)
        self._came.set()

    async def find(
        self, store: ImpressionStore, recommendation_id: str, user_id: str | None
    ) -> Impression | None:
        """The impression of an answer to a user, written or not. Raises StateUnavailableError."""
        held = self._waiting.get(recommendation_id)
        if held is not None:
            is_same = held.store is store and held.impression.user_id == user_id
            return held.impression if is_same else None
        return await store.find(recommendation_id, user_id) if self.is_on else None

    async def run(self) -> None:
        """Write what comes, until cancelled."""
        while True:
            await self._wait()
            await asyncio.sleep(GATHER_S)
            events = 0 if self._outcomes is None else self._outcomes.waiting
            await self._write_waiting()
            if self._outcomes is not None:
                await self._outcomes.step(events)  # whose answers are written now

    async def flush(self) -> None:
        """Write all that waits. What cannot be written is dropped."""
        await self._write_waiting()
        if self._outcomes is not None:
            await self._outcomes.flush()

    async def _wait(self) -> None:
        """Wait for what comes, and no longer than counted outcomes may wait to be written."""
        is_due = self._outcomes is not None and self._outcomes.is_due
        with suppress(TimeoutError):
            async with asyncio.timeout(COUNT_EVERY_S if is_due else None):
                await self._came.wait()

    async def _write_waiting(self) -> None:
        self._came.clear()
        while self._waiting:
            batch = dict(islice(self._waiting.items(), BATCH))
            for of_store in group_by_store(batch.values()):
                await self._write(of_store)
            for recommendation_id in batch:  # until now they are found here
                del self._waiting[recommendation_id]

    async def _write(self, waiting: Sequence[_Waiting]) -> None:
        """Write the impressions of one store."""
        impressions = [each.impression for each in waiting]
        try:
            await waiting[0].store.add(impressions)
        except (StateUnavailableError, ValueError):  # the client has counted and logged the first
            self._count(Fate.STORE_FAILED, len(impressions))
            return
        self._count(Fate.STORED, len(impressions))
        if self._outcomes is not None and waiting[0].outcomes is not None:
            self._outcomes.note_shown(waiting[0].outcomes, impressions)
