"""The log of shadows: bounded, one at a time, and no fault of one stops the next."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress

from app.errors import InvalidFilterError, OverloadedError
from app.experiments.shadow import ShadowSums
from app.shadow_log import Shadow, ShadowLog
from app.state.memory.store import MemoryStore
from app.state.protocol import Arm, Experiment, Variant

SUMS = ShadowSums(answers=1.0, overlap=0.5)
EXPERIMENT = Experiment("e", "s", (Variant("now", 0.5), Variant("new", 0.5)), mode="shadow")
ARM: Arm = EXPERIMENT.arm("new")


class Counts:
    """Counts what the log tells."""

    def __init__(self) -> None:
        self.fates: Counter[str] = Counter()
        self.observed: list[ShadowSums] = []
        self.changed = asyncio.Event()

    def count(self, fate: str) -> None:
        self.fates[fate] += 1
        self.changed.set()

    def observe(self, sums: ShadowSums) -> None:
        self.observed.append(sums)


async def give() -> ShadowSums:
    return SUMS


def fail(error: Exception) -> Callable[[], Awaitable[ShadowSums]]:
    async def compare() -> ShadowSums:
        raise error

    return compare


async def run_until(log: ShadowLog, counts: Counts, total: int) -> None:
    """Run the log until so many lists have a fate."""
    running = asyncio.create_task(log.run())
    async with asyncio.timeout(30):
        while counts.fates.total() < total:
            await counts.changed.wait()
            counts.changed.clear()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_each_list_has_its_fate_and_the_next_one_goes_on() -> None:
    store, counts = MemoryStore(), Counts()
    log = ShadowLog(counts)
    errors = (OverloadedError("busy"), InvalidFilterError("no field"), ZeroDivisionError())
    for compare in (give, *(fail(error) for error in errors), give):
        log.offer(Shadow(store, ARM, compare))
    await run_until(log, counts, 5)
    assert counts.fates == {"compared": 2, "overloaded": 1, "failed": 2}
    assert counts.observed == [SUMS, SUMS]
    totals = await store.experiments.read_totals(EXPERIMENT)
    assert (totals["new"]["answers"], totals["new"]["overlap"]) == (2.0, 1.0)


async def test_more_than_there_is_room_for_is_dropped_and_counted() -> None:
    counts = Counts()
    log = ShadowLog(counts, room=2)
    for _ in range(5):
        log.offer(Shadow(MemoryStore(), ARM, give))
    assert counts.fates == {"no_room": 3}
    await log.flush()
    assert counts.fates == {"no_room": 5} and counts.observed == []


async def test_one_is_computed_at_a_time() -> None:
    counts, running, most = Counts(), 0, 0
    log = ShadowLog(counts)

    async def compare() -> ShadowSums:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return SUMS

    for _ in range(10):
        log.offer(Shadow(MemoryStore(), ARM, compare))
    await run_until(log, counts, 10)
    assert (most, counts.fates) == (1, {"compared": 10})
