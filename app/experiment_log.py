"""The log of experiments: answers and takes of their arms, counted by one task, and never waited for."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from app.impression_log import BATCH, GATHER_S, ROOM, Fate
from app.outcomes.log import KnownTake
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
    """What waits to be counted, oldest first. `count` is told what became of it."""

    def __init__(self, count: Callable[[Fate, int], None], room: int = ROOM) -> None:
        self._count = count
        self._room = room
        self._waiting: deque[ShownArm | KnownTake] = deque()
        self._came = asyncio.Event()

    def record(self, record: ShownArm | KnownTake) -> None:
        """Take an answer or a take to count, or drop it if there is no room."""
        if len(self._waiting) >= self._room:
            self._count(Fate.NO_ROOM, 1)
        else:
            self._waiting.append(record)
            self._came.set()

    async def run(self) -> None:
        """Count what comes, until cancelled."""
        while True:
            await self._came.wait()
            await asyncio.sleep(GATHER_S)
            await self.flush()

    async def flush(self) -> None:
        """Count all that waits. What cannot be counted is dropped."""
        self._came.clear()
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            by_store: dict[int, list[ShownArm | KnownTake]] = {}
            for record in batch:
                by_store.setdefault(id(record.store), []).append(record)
            for records in by_store.values():
                await self._write(records)

    async def _write(self, records: Sequence[ShownArm | KnownTake]) -> None:
        """Count records of one store, the answers first: a take of a user who was not counted does not count."""
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


@asynccontextmanager
async def open_experiment_log(
    count: Callable[[Fate, int], None], room: int = ROOM
) -> AsyncIterator[ExperimentLog]:
    """A log with its task, which counts what waits before it ends."""
    log = ExperimentLog(count, room)
    counting = asyncio.create_task(log.run())
    try:
        yield log
    finally:
        counting.cancel()
        with suppress(asyncio.CancelledError):
            await counting
        await log.flush()
