"""The log of impressions: found before and after the write, bounded, and dropped where the store is ill."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from app.impression_log import Fate, ImpressionLog
from app.log_task import run_log
from app.state.limits import StoreLimits
from app.state.memory.impressions import MemoryImpressions
from app.state.protocol import Impression, StateUnavailableError


def impression(number: int, user_id: str | None = "u") -> Impression:
    return Impression(f"r{number}", user_id, 5.0, "v1", ("589",), (0.5,), {}, (("popular",),))


def memory() -> MemoryImpressions:
    return MemoryImpressions(StoreLimits(), lambda _user_id: None)


class Ill(MemoryImpressions):
    async def add(self, impressions: Sequence[Impression]) -> None:
        raise StateUnavailableError("gone")


async def test_an_impression_is_found_before_it_is_written_and_after() -> None:
    fates: Counter[Fate] = Counter()
    store, other = memory(), memory()
    log = ImpressionLog(lambda fate, count: fates.update({fate: count}))
    log.offer(store, impression(1))
    assert await log.find(store, "r1", "u") == impression(1) and await store.find("r1", "u") is None
    assert await log.find(store, "r1", "somebody else") is None
    assert await log.find(other, "r1", "u") is None, "another tenant"
    await log.flush()
    assert await store.find("r1", "u") == await log.find(store, "r1", "u") == impression(1)
    assert fates == {Fate.STORED: 1}


async def test_more_than_there_is_room_for_is_dropped_and_counted() -> None:
    fates: Counter[Fate] = Counter()
    log, store = ImpressionLog(lambda fate, count: fates.update({fate: count}), room=3), memory()
    for number in range(5):
        log.offer(store, impression(number))
    await log.flush()
    assert fates == {Fate.NO_ROOM: 2, Fate.STORED: 3}
    assert [each.impression.recommendation_id for each in await store.read_since()] == ["r0", "r1", "r2"]


async def test_an_ill_store_costs_its_impressions_alone() -> None:
    fates: Counter[Fate] = Counter()
    ill, well = Ill(StoreLimits(), lambda _user_id: None), memory()
    log = ImpressionLog(lambda fate, count: fates.update({fate: count}))
    for number in range(500):
        log.offer(ill if number % 2 else well, impression(number))
    await log.flush()
    assert fates == {Fate.STORED: 250, Fate.STORE_FAILED: 250}
    assert len(await well.read_since()) == 250


async def test_the_task_writes_what_comes_and_what_waits_at_the_end() -> None:
    store, written = memory(), asyncio.Event()
    async with run_log(ImpressionLog(lambda _fate, _count: written.set())) as log:
        log.offer(store, impression(1))
        await asyncio.wait_for(written.wait(), 30)
        assert await store.find("r1", "u") == impression(1)
        log.offer(store, impression(2))
    assert await store.find("r2", "u") == impression(2)


async def test_without_room_nothing_is_kept() -> None:
    log, store = ImpressionLog(lambda _fate, _count: None, room=0), memory()
    await store.add([impression(1)])
    assert not log.is_on and await log.find(store, "r1", "u") is None
