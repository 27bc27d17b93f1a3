"""The log of experiments: answers and takes reach their arm, bounded, and are dropped where the store is ill."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.experiment_log import ExperimentLog, ShownArm, find_arm
from app.impression_log import Fate, ImpressionLog
from app.log_task import run_log
from app.outcomes.join import JoinRules
from app.outcomes.log import OutcomeLog
from app.state.limits import StoreLimits
from app.state.memory.experiments import MemoryExperiments
from app.state.memory.store import MemoryStore
from app.state.protocol import (
    Arm,
    ArmSums,
    Experiment,
    Impression,
    RecordedEvent,
    StateUnavailableError,
    Variant,
)
from app.telemetry import Metrics
from models.contract.events import Event

SPLIT = Experiment("e", "s", (Variant("a", 0.5), Variant("b", 0.5)), changed_at=5.0)
SHOWN = Impression("r", "u", 5.0, "v1", ("1", "2"), (0.5, 0.4), {}, ((), ()), variant="e:a")


class Counting:
    """A log over a store of its own."""

    def __init__(self, room: int = 100) -> None:
        self.fates: Counter[Fate] = Counter()
        self.store = MemoryStore()
        self.impressions = ImpressionLog(lambda _fate, _count: None)
        self.log = ExperimentLog(self._count, room)
        self.outcomes = OutcomeLog(Metrics().outcomes, on_take=self.log.record_take)

    def _count(self, fate: Fate, count: int) -> None:
        self.fates[fate] += count

    def show(self, shown: Impression = SHOWN) -> None:
        self.impressions.offer(self.store.impressions, shown)
        self.log.record_impression(ShownArm(self.store, SPLIT.arm("a"), "u"))

    def take(self, item_id: str = "1", user_id: str = "u", recommendation_id: str | None = "r") -> None:
        event = RecordedEvent(user_id, Event(item_id, "buy", 6.0, 2.5), None, recommendation_id)
        self.outcomes.offer(self.store, JoinRules(), [event], [SPLIT])

    async def sums(self) -> ArmSums:
        await self.impressions.flush()
        await self.outcomes.flush()
        await self.log.flush()
        return (await self.store.experiments.read_sums(SPLIT))["a"]


async def test_an_answer_and_its_takes_count_for_their_arm() -> None:
    counting = Counting()
    counting.take("1")  # before the answer in the same batch
    counting.show()
    counting.take("2")
    counting.take("2")
    sums = await counting.sums()
    assert (sums.users, sums.impressions, sums.takes, sums.value) == (1, 1, 2, 5.0)
    assert counting.fates == {Fate.STORED: 4}


async def test_a_take_waits_for_the_answer_of_another_replica() -> None:
    """The other one writes the answer, and counts its user, a moment after the take has come here."""
    now, here, there = [0.0], Counting(), Counting()
    here.log = ExperimentLog(lambda _fate, _count: None, clock=lambda: now[0])
    here.outcomes = OutcomeLog(Metrics().outcomes, on_take=here.log.record_take)
    there.store = here.store
    there.show()
    await there.impressions.flush()
    here.take("1")
    await here.outcomes.flush()
    now[0] = 0.9
    await here.log.step()
    await there.log.flush()
    assert (await here.store.experiments.read_sums(SPLIT))["a"].takes == 0
    now[0] = 1.0
    await here.log.step()
    assert (await here.store.experiments.read_sums(SPLIT))["a"].takes == 1


@pytest.mark.parametrize(
    "event",
    [
        {"item_id": "3"},  # not shown
        {"user_id": "other"},
        {"recommendation_id": "never given"},
        {"recommendation_id": None},
    ],
)
async def test_what_is_no_take_of_the_answer_does_not_count(event: dict[str, str]) -> None:
    counting = Counting()
    counting.show()
    counting.take(**event)
    assert (await counting.sums()).takes == 0


@pytest.mark.parametrize(
    ("shown", "arm"),
    [
        (SHOWN, SPLIT.arm("a")),
        (replace(SHOWN, variant=None), None),
        (replace(SHOWN, variant="gone:a"), None),
        (replace(SHOWN, shown_at=4.9), None),  # by an earlier definition
    ],
)
def test_an_arm_is_that_of_the_present_definition(shown: Impression, arm: Arm | None) -> None:
    assert find_arm([SPLIT], shown) == arm


async def test_more_than_there_is_room_for_is_dropped_and_counted() -> None:
    counting = Counting(room=2)
    for _ in range(5):
        counting.show()
    assert (await counting.sums()).impressions == 2
    assert counting.fates == {Fate.NO_ROOM: 3, Fate.STORED: 2}


async def test_an_ill_store_costs_its_counts_alone() -> None:
    class Ill(MemoryExperiments):
        async def add_impressions(self, shown: Sequence[tuple[Arm, str]]) -> None:
            raise StateUnavailableError("gone")

    counting, ill = Counting(room=1_000), MemoryStore()
    ill.experiments = Ill(StoreLimits())
    for number in range(300):
        store = ill if number % 2 else counting.store
        counting.log.record_impression(ShownArm(store, SPLIT.arm("a"), f"u{number}"))
    assert (await counting.sums()).users == 150
    assert counting.fates == {Fate.STORED: 150, Fate.STORE_FAILED: 150}


async def test_what_waits_at_the_end_is_counted() -> None:
    counting = Counting()
    async with run_log(ExperimentLog(lambda _fate, _count: None)) as log:
        log.record_impression(ShownArm(counting.store, SPLIT.arm("a"), "u"))
    assert (await counting.sums()).users == 1
