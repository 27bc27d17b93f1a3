"""The log of outcomes: joined and counted by the task of impressions, bounded, and dropped where the store is ill."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from app.impression_log import ImpressionLog
from app.log_task import run_log
from app.outcomes.join import JoinRules
from app.outcomes.log import OutcomeLog
from app.state.memory.store import MemoryStore
from app.state.protocol import Impression, RecordedEvent, StateUnavailableError
from app.state.protocol.outcomes import HOUR_S
from models.contract.events import Event

NOW = 1_763_740_800.0
HOUR = int(NOW // HOUR_S)


class Meter:
    """What a log has told, by name."""

    def __init__(self) -> None:
        self.told: Counter[str] = Counter()

    def count_joins(self, fate: str, count: int) -> None:
        self.told[fate] += count

    def count_shown(self, scene: str, count: int) -> None:
        self.told[f"shown {scene}"] += count

    def count_takes(self, scene: str, count: int) -> None:
        self.told[f"taken {scene}"] += count

    def count_lost(self, count: int) -> None:
        self.told["lost"] += count


def make_logs(room: int = 100) -> tuple[Meter, ImpressionLog, OutcomeLog, MemoryStore]:
    meter, store = Meter(), MemoryStore()
    store.outcomes._clock = lambda: NOW
    outcomes = OutcomeLog(meter, room)
    return meter, ImpressionLog(lambda _fate, _count: None, outcomes=outcomes), outcomes, store


def shown(answer: str, scene: str | None = "home") -> Impression:
    impression = Impression(answer, "u", NOW, "v1", ("1", "2"), (0.5, 0.25), {}, (("popular",), ()))
    return replace(impression, scene=scene)


def event(answer: str | None, item: str = "1", action: str = "click") -> RecordedEvent:
    return RecordedEvent("u", Event(item, action, NOW), None, answer)


async def test_what_was_shown_and_taken_is_counted() -> None:
    meter, log, outcomes, store = make_logs()
    log.offer(store.impressions, shown("r"), store.outcomes)
    log.offer(store.impressions, shown("s", None), store.outcomes)
    events = [
        event("r"),
        event("r"),
        event("r", action="skip"),
        event("s", "2"),
        event("r", "3"),
        event("x"),
        event(None),
    ]
    outcomes.offer(store, JoinRules(), events)
    await log.flush()
    assert meter.told == {
        "shown home": 2,
        "shown ": 2,
        "taken home": 1,
        "taken ": 1,
        "matched": 4,
        "other_item": 1,
        "unmatched": 1,
    }
    cells = (await store.outcomes.read(HOUR, HOUR)).cells
    assert sorted((cell.scene, cell.rank, counts.shown, counts.takes) for cell, counts in cells.items()) == [
        ("", "1", 1, 0),
        ("", "2", 1, 1),
        ("home", "1", 1, 1),
        ("home", "2", 1, 0),
    ]


async def test_more_events_than_there_is_room_for_are_dropped_and_counted() -> None:
    meter, log, outcomes, store = make_logs(room=3)
    outcomes.offer(store, JoinRules(), [event("x")] * 5)
    await log.flush()
    assert meter.told == {"no_room": 2, "unmatched": 3}


async def test_an_event_that_is_sooner_than_its_answer_is_tried_again() -> None:
    """Another replica may not have written the answer yet."""
    meter, store = Meter(), MemoryStore()
    now = [0.0]
    outcomes = OutcomeLog(meter, clock=lambda: now[0])
    outcomes.offer(store, JoinRules(), [event("r"), event("never")])
    await outcomes.step(2)
    assert not meter.told and outcomes.is_due
    await store.impressions.add([shown("r")])
    now[0] = 0.5
    await outcomes.step(0)
    assert not meter.told
    now[0] = 1.0
    await outcomes.step(0)
    assert meter.told == {"matched": 1, "unmatched": 1, "taken home": 1} and not outcomes.is_due


async def test_an_event_that_came_while_answers_were_written_waits_for_the_next_step() -> None:
    meter, _log, outcomes, store = make_logs()
    await store.impressions.add([shown("r"), shown("s")])
    outcomes.offer(store, JoinRules(), [event("r"), event("s")])
    outcomes.came.clear()
    await outcomes.step(1)
    assert meter.told["matched"] == 1 and outcomes.waiting == 1 and outcomes.came.is_set()


async def test_without_room_nothing_is_joined() -> None:
    meter, log, outcomes, store = make_logs(room=0)
    outcomes.offer(store, JoinRules(), [event("x")])
    await log.flush()
    assert not meter.told and not outcomes.came.is_set()


async def test_an_ill_store_costs_its_counts_alone() -> None:
    meter, log, outcomes, store = make_logs()

    async def fail(_given: object) -> list[None]:
        raise StateUnavailableError("gone")

    ill = MemoryStore()
    ill.outcomes.add_shown = ill.outcomes.add_takes = fail  # type: ignore[method-assign,assignment]
    for each in (ill, store):
        log.offer(each.impressions, shown(f"r{id(each)}"), each.outcomes)
        outcomes.offer(each, JoinRules(), [event(f"r{id(each)}")])
    await log.flush()
    assert meter.told == {"lost": 2, "store_failed": 1, "shown home": 2, "matched": 1, "taken home": 1}


async def test_the_task_writes_counts_although_nothing_comes_after_them() -> None:
    written = asyncio.Event()

    class Telling(Meter):
        def count_shown(self, scene: str, count: int) -> None:
            written.set()

    store, outcomes = MemoryStore(), OutcomeLog(Telling())
    async with run_log(ImpressionLog(lambda _fate, _count: None, outcomes=outcomes)) as log:
        log.offer(store.impressions, shown("r"), store.outcomes)
        await asyncio.wait_for(written.wait(), 60)


async def test_events_of_many_tenants_are_joined_each_in_its_store() -> None:
    meter, log, outcomes, store = make_logs()
    shop = store.of_tenant("shop")
    log.offer(store.impressions, shown("r"), store.outcomes)
    log.offer(shop.impressions, shown("s"), shop.outcomes)
    told: Sequence[tuple[MemoryStore, str]] = [(store, "r"), (shop, "r"), (shop, "s"), (store, "s")]
    for tenant, answer in told:
        outcomes.offer(tenant, JoinRules(), [event(answer)])
    await log.flush()
    assert meter.told["matched"] == meter.told["unmatched"] == 2
