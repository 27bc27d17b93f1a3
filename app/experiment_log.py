"""The log of experiments: answers and takes of their arms, counted by one task, and never waited for."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence, Sized
from dataclasses import dataclass

from app.impression_log import BATCH, GATHER_S, Fate
from app.log_task import group_by_store
from app.outcomes.log import AGAIN_S, ROOM, KnownTake
from app.state.protocol import (
    Arm,
    ArmTake,
    Experiment,
    Impression,
    StateUnavailableError,
    TenantStore,
)


@dataclass(frozen=True, slots=True)
class ShownArm:
    """An answer by an arm of an experiment."""

    store: TenantStore
    arm: Arm
    user_id: str


class ExperimentLog:
    """Answers and takes that wait to be counted, oldest first. `count` is told their fate.

    Takes wait AGAIN_S: the replica that gave their answers may not have written and counted them yet.
    """

    def __init__(
        self,
        count: Callable[[Fate, int], None],
        room: int = ROOM,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._count = count
        self._room = room
        self._clock = clock
        self._shown: deque[ShownArm] = deque()
        self._takes: deque[tuple[float, KnownTake]] = deque()  # by when they may be counted
        self._came = asyncio.Event()

    def record_impression(self, shown: ShownArm) -> None:
        """Take an answer to count, or drop it if there is no room."""
        if self._has_room(self._shown):
            self._shown.append(shown)

    def record_take(self, take: KnownTake) -> None:
        """Take an event to count, or drop it if there is no room."""
        if self._has_room(self._takes):
            self._takes.append((self._clock() + AGAIN_S, take))

    def _has_room(self, waiting: Sized) -> bool:
        """Whether one more may wait; a dropped one is counted."""
        if len(waiting) >= self._room:
            self._count(Fate.NO_ROOM, 1)
            return False
        self._came.set()
        return True

    async def run(self) -> None:
        """Count what comes, until cancelled."""
        while True:
            await self._came.wait()
            await asyncio.sleep(GATHER_S)
            await self.step()

    async def step(self) -> None:
        """Count the answers that wait, and the takes whose time has come."""
        self._came.clear()
        await self._count_until(self._clock())
        if self._takes:
            self._came.set()

    async def flush(self) -> None:
        """Count all that waits. What cannot be counted is dropped."""
        await self._count_until(math.inf)

    async def _count_until(self, now: float) -> None:
        """Count all answers, then the takes that are due, as a take of a user who was not counted does not count."""
        while self._shown:
            await self._write_batch([self._shown.popleft() for _ in range(min(BATCH, len(self._shown)))])
        due = sum(at <= now for at, _ in self._takes)
        for start in range(0, due, BATCH):
            await self._write_batch([self._takes.popleft()[1] for _ in range(min(BATCH, due - start))])

    async def _write_batch(self, batch: Sequence[ShownArm | KnownTake]) -> None:
        for records in group_by_store(batch):
            await self._write(records)

    async def _write(self, records: Sequence[ShownArm | KnownTake]) -> None:
        """Count records of one store."""
        store = records[0].store
        shown = [(each.arm, each.user_id) for each in records if isinstance(each, ShownArm)]
        try:
            if shown:
                await store.experiments.add_impressions(shown)
            takes = (find_take(each) for each in records if isinstance(each, KnownTake))
            if known := [take for take in takes if take is not None]:
                await store.experiments.add_takes(known)
        except StateUnavailableError:  # the client has counted and logged it
            self._count(Fate.STORE_FAILED, len(records))
        else:
            self._count(Fate.STORED, len(records))


def find_take(known: KnownTake) -> ArmTake | None:
    """The take of an arm, if the answer was the user's own and of an experiment that has not changed since."""
    shown, recorded = known.impression, known.recorded
    arm = find_arm(known.experiments, shown) if shown.user_id == recorded.user_id else None
    if arm is None:
        return None
    event = recorded.event
    return ArmTake(arm, recorded.user_id, shown.recommendation_id, event.item_id, event.value)


def find_arm(experiments: Iterable[Experiment], shown: Impression) -> Arm | None:
    """The arm that an impression names, unless its experiment is gone or was changed since."""
    name, _, variant = (shown.variant or "").partition(":")
    for experiment in experiments:
        if experiment.name == name and shown.shown_at >= experiment.changed_at:
            return experiment.arm(variant)
    return None
