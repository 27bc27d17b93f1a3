"""An erased id leaves the files of Redis: the rewrite of the append-only file, its pauses and its end."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from app.state.embedded.server import EmbeddedRedis
from app.state.protocol import RecordedEvent, StateUnavailableError, StoreHealth, UserMerge
from app.state.redis.client import RedisClient
from app.state.redis.file_rewrite import FileRewriter
from app.state.redis.keys import Keys
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from models.contract.catalogue import User
from models.contract.events import Event

DEADLINE_S = 60.0
ID, OTHER = "sentinel-user", "sentinel-visitor"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(tmp_path / "redis") as running:
        yield running


def patient(own: EmbeddedRedis, delay_s: int | None) -> RedisSettings:
    return RedisSettings(own.url, timeout_s=10, write_timeout_s=10, erasure_delay_s=delay_s)


def mentions(folder: Path, text: str) -> list[str]:
    """The files in a folder that hold a text; one may go while this reads."""
    found = []
    for path in folder.rglob("*"):
        try:
            found += [path.name] if path.is_file() and text.encode() in path.read_bytes() else []
        except FileNotFoundError:
            continue
    return found


async def fill(store: RedisStore) -> None:
    """A user, with an id that was merged into them, and that was merged into another user in turn."""
    await store.put_profile(User(ID, interests=f"the interests of {ID}"))
    await store.append([RecordedEvent(user_id, Event("1", "view", 1.0), "e") for user_id in (ID, OTHER)])
    await store.merge(UserMerge(ID, OTHER, 2.0))
    await store.merge(UserMerge("42", ID, 3.0))
    await store.append([RecordedEvent(ID, Event("2", "view", 4.0))])


async def test_the_id_is_gone_from_all_files_after_the_delay(own: EmbeddedRedis, tmp_path: Path) -> None:
    store = RedisStore(patient(own, delay_s=1))
    following = asyncio.create_task(store.follow_erasures())
    await fill(store)
    assert mentions(tmp_path, ID) and mentions(tmp_path, OTHER)
    await store.erase("42", 9.0, lasting=True)
    await store.erase(ID, 10.0, lasting=True)
    async with asyncio.timeout(DEADLINE_S):
        while mentions(tmp_path, ID) or mentions(tmp_path, OTHER):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert (await store.read(ID)).erased_at == 10.0
    following.cancel()
    await asyncio.wait([following])
    await store.close()


class Rewriting:
    """A rewriter that is driven by hand, with a clock that is set by hand."""

    def __init__(self, own: EmbeddedRedis) -> None:
        settings = patient(own, delay_s=300)
        self.now = 0.0
        self.key = Keys("chorus").file_rewrite
        self.admin = redis.Redis.from_url(own.url)
        self.client = RedisClient(settings, StoreHealth())
        self.rewriter = FileRewriter(self.client, self.key, settings, lambda: self.now)

    async def follow(self) -> None:
        await self.rewriter.follow(pause_s=150.0)

    def begun(self) -> int:
        """How many rewrites have begun, once none is in progress."""
        deadline = time.monotonic() + DEADLINE_S
        while self.admin.info("persistence")["aof_rewrite_in_progress"]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return self.admin.info("commandstats").get("cmdstat_bgrewriteaof", {"calls": 0})["calls"]

    async def close(self) -> None:
        self.admin.close()
        await self.client.close()


async def test_rewrites_follow_requests_with_a_pause_and_the_last_one_is_not_lost(own: EmbeddedRedis) -> None:
    rewriting = Rewriting(own)
    await rewriting.follow()
    assert rewriting.begun() == 0  # nothing was requested
    rewriting.admin.set(rewriting.key, "1.0")
    await rewriting.follow()
    assert rewriting.begun() == 1 and rewriting.admin.get(rewriting.key) == b"1.0"
    rewriting.admin.set(rewriting.key, "2.0")  # an erasure during the rewrite
    rewriting.now = 149.0
    await rewriting.follow()
    assert rewriting.begun() == 1 and rewriting.admin.get(rewriting.key) == b"2.0"
    rewriting.now = 150.0
    await rewriting.follow()
    assert rewriting.begun() == 2
    rewriting.now = 500.0
    await rewriting.follow()
    await rewriting.follow()
    assert rewriting.begun() == 2 and rewriting.admin.get(rewriting.key) is None
    await rewriting.close()


async def test_a_request_outlives_the_server_and_its_rewrite(own: EmbeddedRedis) -> None:
    rewriting = Rewriting(own)
    rewriting.admin.set(rewriting.key, "1.0")
    await rewriting.follow()
    pid = own.pid
    os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                await rewriting.follow()
                break
            except StateUnavailableError:
                await asyncio.sleep(0.05)
    assert rewriting.admin.get(rewriting.key) == b"1.0"  # nobody knows whether that rewrite was done
    rewriting.now = 150.0
    await rewriting.follow()
    assert rewriting.begun() == 1
    await rewriting.follow()
    assert rewriting.admin.get(rewriting.key) is None
    await rewriting.close()


async def test_the_file_of_a_redis_of_others_is_left_alone(own: EmbeddedRedis) -> None:
    store = RedisStore(patient(own, delay_s=None))
    await asyncio.wait_for(store.follow_erasures(), DEADLINE_S)
    await store.erase(ID, 1.0, lasting=True)
    with redis.Redis.from_url(own.url) as admin:
        assert admin.get(Keys("chorus").file_rewrite) is None
    await store.close()
