"""The experiments as a process knows them: read again as they age, and kept while the store fails."""

import asyncio

from app.experiments.live import FRESH_S, STALE_S, LiveExperiments
from app.state.limits import StoreLimits
from app.state.memory.experiments import MemoryExperiments
from app.state.protocol import Experiment, StateUnavailableError, StoredExperiments, Variant

ONE = Experiment("one", "s", (Variant("a", 0.5), Variant("b", 0.5)))


class Counted(MemoryExperiments):
    """Counts its readings, and fails where it is told to."""

    def __init__(self) -> None:
        super().__init__(StoreLimits())
        self.readings, self.fails = 0, False

    async def read(self) -> StoredExperiments:
        self.readings += 1
        if self.fails:
            raise StateUnavailableError("gone")
        return await super().read()


async def test_the_first_request_waits_and_the_next_ones_do_not() -> None:
    store, now = Counted(), [0.0]
    live = LiveExperiments(store, lambda: now[0])
    await store.write(ONE, 0)
    answers = await asyncio.gather(live.list(), live.list())
    assert answers == [(ONE,), (ONE,)] and store.readings == 1
    await store.delete("one")
    now[0] = FRESH_S - 0.1
    assert await live.list() == (ONE,) and store.readings == 1
    now[0] = FRESH_S
    assert await live.list() == (ONE,), "it is read beside the request"
    for _ in range(10):  # the reading never waits, so that it ends within a few turns
        await asyncio.sleep(0)
    assert await live.list() == ()
    await live.close()


async def test_after_a_quiet_while_a_request_waits() -> None:
    store, now = Counted(), [0.0]
    live = LiveExperiments(store, lambda: now[0])
    assert await live.list() == ()
    await store.write(ONE, 0)
    now[0] = STALE_S
    assert await live.list() == (ONE,)
    await live.close()


async def test_while_the_store_fails_the_last_known_ones_go_on() -> None:
    store, now = Counted(), [0.0]
    live = LiveExperiments(store, lambda: now[0])
    await store.write(ONE, 0)
    await live.refresh()
    store.fails = True
    for number in range(1, 4):
        now[0] = number * STALE_S
        assert await live.list() == (ONE,)
        for _ in range(10):
            await asyncio.sleep(0)
    assert store.readings == 4
    store.fails = False
    await store.delete("one")
    now[0] += STALE_S
    assert await live.list() == (ONE,), "it does not wait for a store that failed"
    for _ in range(10):
        await asyncio.sleep(0)
    assert await live.list() == ()
    await live.close()
