"""The log of outcomes: what was shown, and events that name an answer, counted by one task and never waited for."""

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

from app.log_task import group_by_store
from app.outcomes.cells import tally
from app.outcomes.join import Joined, JoinRules, join
from app.state.protocol import (
    Cell,
    Experiment,
    Impression,
    OutcomeStore,
    RecordedEvent,
    StateUnavailableError,
    TakeFate,
    TenantStore,
)

BATCH = 200
"""Most events that are joined at once."""
ROOM = 5_000
"""Most events that wait; above it they are dropped."""
AGAIN_S = 1.0
"""How long an event of an unknown answer waits for its second try: another replica may not have written it yet."""
COUNT_EVERY_S = 1.0
"""How long numbers of shown items are gathered before they are written."""


class JoinFate(StrEnum):
    """The fate of an event that names an answer. The values are labels of a metric."""

    MATCHED = "matched"
    UNMATCHED = "unmatched"  # the answer was never given, or is no longer known
    OTHER_ITEM = "other_item"  # the answer did not show the item
    NO_ROOM = "no_room"  # more came than could be joined, or than are remembered of an hour
    STORE_FAILED = "store_failed"


class Meter(Protocol):
    """The metrics of outcomes, as the log tells them."""

    def count_joins(self, fate: str, count: int) -> None:
        """Count events that name an answer by what became of them."""

    def count_shown(self, scene: str, count: int) -> None:
        """Count items that answers showed."""

    def count_takes(self, scene: str, count: int) -> None:
        """Count shown items that were taken."""

    def count_lost(self, count: int) -> None:
        """Count shown items that could not be counted in the store."""


class KnownTake(NamedTuple):
    """An event that took an item of a known answer, and the experiments of its tenant."""

    store: TenantStore
    experiments: Sequence[Experiment]
    impression: Impression
    recorded: RecordedEvent


class _Waiting(NamedTuple):
    store: TenantStore
    rules: JoinRules
    experiments: Sequence[Experiment]
    recorded: RecordedEvent
    due: float | None = None  # of a second try, by the log's clock


@dataclass(slots=True)
class _Shown:
    """The numbers of shown items that are not in a store yet."""

    store: OutcomeStore
    counts: Counter[tuple[int, Cell]] = field(default_factory=Counter)


class OutcomeLog:
    """Events that wait to be joined, and numbers that wait to be written. With `room` 0 nothing is counted.

    `on_take` is told of every take of a user who has experiments.
    """

    def __init__(
        self,
        meter: Meter,
        room: int = ROOM,
        clock: Callable[[], float] = time.monotonic,
        on_take: Callable[[KnownTake], None] = lambda _take: None,
    ) -> None:
        self.came = asyncio.Event()
        """Set when an event comes."""
        self._meter = meter
        self._room = room
        self._clock = clock
        self._on_take = on_take
        self._waiting: deque[_Waiting] = deque()
        self._again: deque[_Waiting] = deque()
        self._shown: dict[int, _Shown] = {}
        self._written_at = clock()

    @property
    def is_due(self) -> bool:
        """Whether something waits for its time although nothing more comes."""
        return bool(self._shown or self._again)

    @property
    def waiting(self) -> int:
        """The number of events that wait for their first try."""
        return len(self._waiting)

    def offer(
        self,
        store: TenantStore,
        rules: JoinRules,
        events: Sequence[RecordedEvent],
        experiments: Sequence[Experiment] = (),
    ) -> None:
        """Take the stored events that name an answer, or drop those for which there is no room."""
        if self._room == 0:
            return
        named = [recorded for recorded in events if recorded.recommendation_id]
        taken = named[: max(0, self._room - len(self._waiting))]
        self._waiting.extend(_Waiting(store, rules, experiments, recorded) for recorded in taken)
        self._count(JoinFate.NO_ROOM, len(named) - len(taken))
        if taken:
            self.came.set()

    def note_shown(self, store: OutcomeStore, impressions: Sequence[Impression]) -> None:
        """Take what answers showed."""
        shown = self._shown.setdefault(id(store), _Shown(store))
        shown.counts.update(tally(impressions))

    async def step(self, count: int) -> None:
        """Join the first `count` events that wait and those whose second try is due, and write the numbers in time.

        The events that came since their answers were written stay for the next step.
        """
        await self._join_first(count)
        await self._join_again(self._clock())
        if self._waiting:
            self.came.set()
        if self._clock() - self._written_at >= COUNT_EVERY_S:
            await self._write_shown()

    async def flush(self) -> None:
        """Join and write all that waits."""
        await self._join_first(len(self._waiting))
        await self._join_again(math.inf)
        await self._write_shown()

    async def _write_shown(self) -> None:
        shown, self._shown = self._shown, {}
        self._written_at = self._clock()
        for each in shown.values():
            try:
                await each.store.add_shown(each.counts)
            except (StateUnavailableError, ValueError):  # the client has counted and logged the first
                self._meter.count_lost(each.counts.total())
            else:
                for (_hour, cell), count in each.counts.items():
                    self._meter.count_shown(cell.scene, count)

    async def _join_first(self, count: int) -> None:
        await self._join([self._waiting.popleft() for _ in range(count)])

    async def _join_again(self, now: float) -> None:
        due = sum(each.due is not None and each.due <= now for each in self._again)
        await self._join([self._again.popleft() for _ in range(due)])

    async def _join(self, waiting: Sequence[_Waiting]) -> None:
        for start in range(0, len(waiting), BATCH):
            batch = waiting[start : start + BATCH]
            for of_store in group_by_store(batch):
                await self._join_some(of_store)

    async def _join_some(self, waiting: Sequence[_Waiting]) -> None:
        """Join events of one store."""
        store = waiting[0].store
        ids = list(dict.fromkeys(each.recorded.recommendation_id or "" for each in waiting))
        try:
            impressions = await store.impressions.find_all(ids)
            joined: list[Joined] = []
            for each in waiting:
                impression = impressions.get(each.recorded.recommendation_id or "")
                found = None if impression is None else join(impression, each.recorded, each.rules)
                if impression is not None and found is not None:
                    joined.append(found)
                    if found.take is not None and each.experiments:
                        self._on_take(KnownTake(store, each.experiments, impression, each.recorded))
                elif impression is not None:
                    self._count(JoinFate.OTHER_ITEM)
                elif each.due is None and len(self._again) < self._room:
                    self._again.append(each._replace(due=self._clock() + AGAIN_S))
                else:
                    self._count(JoinFate.UNMATCHED)
            await self._store(store.outcomes, joined)
        except (StateUnavailableError, ValueError):
            self._count(JoinFate.STORE_FAILED, len(waiting))

    async def _store(self, store: OutcomeStore, joined: Sequence[Joined]) -> None:
        takes = [each.take for each in joined if each.take is not None]
        await store.add_labels([label for each in joined for label in each.labels])
        fates = await store.add_takes(takes)
        for take, fate in zip(takes, fates, strict=True):
            if fate is TakeFate.COUNTED:
                self._meter.count_takes(take.cell.scene, 1)
        no_room = fates.count(TakeFate.NO_ROOM)
        self._count(JoinFate.NO_ROOM, no_room)
        self._count(JoinFate.MATCHED, len(joined) - no_room)

    def _count(self, fate: JoinFate, count: int = 1) -> None:
        if count:
            self._meter.count_joins(fate, count)
