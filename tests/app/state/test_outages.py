"""Redis killed, hung and back: nothing accepted is lost, every call ends, the same client works again."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from app.state.embedded.server import EmbeddedRedis
from app.state.protocol import Impression, RecordedEvent, StateUnavailableError, StoreFault, StoreHealth
from app.state.redis.circuit_breaker import CircuitSettings
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from models.contract.catalogue import Item, User
from models.contract.events import Event

DEADLINE_S = 20.0
T = TypeVar("T")


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A server of the test's own, to be killed."""
    with EmbeddedRedis(tmp_path) as running:
        yield running


def views(count: int, start: int = 0) -> list[RecordedEvent]:
    return [RecordedEvent("1", Event(str(n), "view", float(n)), f"e{n}") for n in range(start, start + count)]


async def retried(ask: Callable[[], Awaitable[T]]) -> T:
    """What a caller does who wants it done: ask until there is an answer."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                return await ask()
            except StateUnavailableError:
                await asyncio.sleep(0.05)


async def test_nothing_accepted_is_lost_by_kill_9(fragile: EmbeddedRedis) -> None:
    store = RedisStore(RedisSettings(fragile.url))
    accepted = 0
    for kill in range(3):
        for _ in range(1 + 20 * kill):
            batch = views(3, accepted)
            stored = await retried(partial(store.append, batch))
            assert kill or all(stored)
            accepted += 3
        os.kill(fragile.pid, signal.SIGKILL)
        found = await retried(lambda: store.read("1"))
        assert [event.item_id for event in found.state.events] == [str(n) for n in range(accepted)]
    assert len(await store.read_stream()) == accepted
    await store.close()


async def test_killed_in_the_middle_of_writes(fragile: EmbeddedRedis) -> None:
    """Twelve writers, each of which asks again until it is told: each event is there once."""
    store = RedisStore(RedisSettings(fragile.url))

    async def write(writer: int) -> None:
        for n in range(writer * 10, writer * 10 + 10):
            await retried(partial(store.append, views(1, n)))

    writers = [asyncio.create_task(write(writer)) for writer in range(12)]
    for _ in range(2):
        await asyncio.sleep(0.02)
        os.kill(fragile.pid, signal.SIGKILL)
        await retried(store.catalogue_version)
    await asyncio.gather(*writers)
    found = await retried(lambda: store.read("1"))
    assert [event.item_id for event in found.state.events] == [str(n) for n in range(120)]
    await store.close()


def every_call(store: RedisStore) -> list[Callable[[], Awaitable[object]]]:
    return [
        lambda: store.read("1"),
        store.catalogue_version,
        lambda: store.append(views(1)),
        lambda: store.put_profile(User("1")),
        lambda: store.erase("1", 1.0, lasting=True),
        store.items,
        lambda: store.put_item(Item("1")),
        lambda: store.delete_item("1"),
        store.read_stream,
        lambda: store.impressions.add([Impression("r", "1", 1.0, "v", (), (), {}, ())]),
        lambda: store.impressions.find("r", "1"),
        store.impressions.read_since,
    ]


async def test_every_call_ends_while_redis_hangs_and_works_again_after(
    fragile: EmbeddedRedis, impatient: RedisSettings
) -> None:
    store = RedisStore(replace(impatient, url=fragile.url, max_connections=4))
    await retried(lambda: store.append(views(2)))
    os.kill(fragile.pid, signal.SIGSTOP)
    try:
        for call in every_call(store):
            async with asyncio.timeout(DEADLINE_S):
                with pytest.raises(StateUnavailableError, match="given TimeoutError"):
                    await call()
        async with asyncio.timeout(DEADLINE_S):  # more at once than there are connections
            asked = await asyncio.gather(*(store.read("1") for _ in range(50)), return_exceptions=True)
        assert {type(answer) for answer in asked} == {StateUnavailableError}
    finally:
        os.kill(fragile.pid, signal.SIGCONT)
    for call in every_call(store):
        await retried(call)
    await store.close()


async def test_while_the_circuit_is_open_nothing_is_sent(
    fragile: EmbeddedRedis, impatient: RedisSettings
) -> None:
    failures: list[StoreFault] = []
    never = CircuitSettings(failures=3, first_pause_s=1_000, longest_pause_s=1_000)
    health = StoreHealth(failures.append)
    store = RedisStore(replace(impatient, url=fragile.url, circuit=never), health=health)
    os.kill(fragile.pid, signal.SIGSTOP)
    try:
        for _ in range(3):
            with pytest.raises(StateUnavailableError):
                await store.read("1")
        assert health.circuit_open and failures == [StoreFault.TIMEOUT] * 3
        for call in every_call(store) * 20:
            with pytest.raises(StateUnavailableError, match="not asked again") as caught:
                await call()
            assert caught.value.fault is StoreFault.TIMEOUT
        assert len(failures) == 3
    finally:
        os.kill(fragile.pid, signal.SIGCONT)
    with pytest.raises(StateUnavailableError):  # no probe has come yet
        await store.read("1")
    await store.close()


@pytest.mark.parametrize("sent", [signal.SIGSTOP, signal.SIGKILL])
async def test_the_circuit_closes_by_itself(
    fragile: EmbeddedRedis, impatient: RedisSettings, sent: signal.Signals
) -> None:
    changes: list[bool] = []
    closed = asyncio.Event()

    def follow(is_open: bool) -> None:
        changes.append(is_open)
        if not is_open:
            closed.set()

    health = StoreHealth(on_circuit=follow)
    store = RedisStore(replace(impatient, url=fragile.url), health=health)
    pid = fragile.pid
    os.kill(pid, sent)
    while not health.circuit_open:
        with suppress(StateUnavailableError):
            await store.read("1")
    if sent is signal.SIGSTOP:
        os.kill(pid, signal.SIGCONT)
    await asyncio.wait_for(closed.wait(), DEADLINE_S)
    assert changes == [True, False]
    await retried(lambda: store.append(views(1)))
    await store.close()


async def test_every_call_ends_while_redis_is_away(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        store = RedisStore(RedisSettings(server.url))
        await retried(store.catalogue_version)
    for call in every_call(store):
        async with asyncio.timeout(DEADLINE_S):
            with pytest.raises(StateUnavailableError):
                await call()
    await store.close()


async def test_a_cancelled_call_does_not_spoil_the_next(
    server: EmbeddedRedis, settings: RedisSettings
) -> None:
    """A request that is given up must not leave its answer in the connection for somebody else."""
    store = RedisStore(replace(settings, max_connections=1))
    await store.append(views(5))
    for pause in range(20):
        asking = asyncio.create_task(store.append(views(1, pause)))
        for _ in range(pause):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert (await store.read("nobody")).state.events == ()
    await store.close()
