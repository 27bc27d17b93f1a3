"""A real Redis that is full, read-only, closed by a password, hung or away: each has its code and its words."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from redis.exceptions import BusyLoadingError, ResponseError

from app.state.embedded.server import EmbeddedRedis
from app.state.protocol import (
    Appended,
    RecordedEvent,
    Replica,
    StateUnavailableError,
    StoredUser,
    StoreFault,
    UnmarkedErasureError,
    UserMerge,
)
from app.state.redis.faults import REASON_LENGTH, describe_fault
from app.state.redis.keys import Keys
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from models.contract.catalogue import Item, User, UserState
from models.contract.events import Event

EVENT = RecordedEvent("sentinel-user", Event("sentinel-item", "view", 1.0), "e")
ANOTHER = RecordedEvent("sentinel-user", Event("sentinel-item", "view", 2.0), "f")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(tmp_path) as running:
        yield running


def patient(url: str) -> RedisStore:
    return RedisStore(RedisSettings(url, timeout_s=10, write_timeout_s=10))


async def refused(store: RedisStore, fault: StoreFault, words: str, erases: bool = False) -> None:
    """Every write is refused for this reason, or all but erasures; the error quotes Redis and no user data."""
    for write in (
        lambda: store.append([ANOTHER]),
        lambda: store.put_profile(User("sentinel-user")),
        lambda: store.put_item(Item("sentinel-item")),
        *(() if erases else (lambda: store.erase("sentinel-user", 1.0, lasting=True),)),
        lambda: store.replicas.announce(Replica("r", "v", 1.0)),
    ):
        with pytest.raises(StateUnavailableError, match=words) as caught:
            await write()
        assert caught.value.fault is fault and "sentinel" not in str(caught.value)
        assert len(str(caught.value)) < REASON_LENGTH + 100
    assert store.health.fault is fault


async def test_a_full_redis_says_so_and_still_reads(own: EmbeddedRedis) -> None:
    store = patient(own.url)
    await store.append([EVENT])
    with redis.Redis.from_url(own.url) as admin:
        admin.config_set("maxmemory-policy", "noeviction")
        admin.config_set("maxmemory", "1")
        words = "OutOfMemoryError: command not allowed when used memory"
        await refused(store, StoreFault.OUT_OF_MEMORY, words, erases=True)
        assert len((await store.read("sentinel-user")).state.events) == 1
        assert (await store.replicas.read()).order is None
        admin.config_set("maxmemory", "0")
    await store.replicas.announce(Replica("r", "v", 1.0))
    await store.close()


async def test_a_full_redis_erases(own: EmbeddedRedis) -> None:
    """Also the marks: what was erased stays erased."""
    store = RedisStore(RedisSettings(own.url, timeout_s=10, write_timeout_s=10, erasure_delay_s=300))
    await store.append([EVENT, replace(EVENT, user_id="anon")])
    await store.merge(UserMerge("sentinel-user", "anon", 2.0))
    with redis.Redis.from_url(own.url) as admin:
        admin.config_set("maxmemory-policy", "noeviction")
        admin.config_set("maxmemory", "1")
        for user_id, counts in (
            ("sentinel-user", {"events": 1, "profile": 0, "stream": 2}),
            ("nobody", {"events": 0, "profile": 0, "stream": 0}),
        ):
            assert await store.erase(user_id, 5.0, lasting=False) == counts
        for user_id in ("sentinel-user", "anon", "nobody"):
            assert (await store.read(user_id)).erased_at == 5.0
        assert admin.get(Keys("chorus").file_rewrite) == b"5.0"
        admin.config_set("maxmemory", "0")
    assert await store.append([EVENT]) == [Appended.ERASED]
    await store.close()


async def test_what_cannot_be_marked_is_deleted_all_the_same_and_said(own: EmbeddedRedis) -> None:
    with redis.Redis.from_url(own.url) as admin:
        admin.execute_command("ACL", "SETUSER", "eraser", "on", ">word", "~*", "+@all", "-set")
    store, limited = patient(own.url), patient(own.url.replace("unix://", "unix://eraser:word@"))
    await store.append([EVENT])
    with pytest.raises(UnmarkedErasureError):
        await limited.erase("sentinel-user", 5.0, lasting=True)
    assert await store.read("sentinel-user") == StoredUser(UserState("sentinel-user"))
    assert await store.read_stream() == []
    assert await store.erase("sentinel-user", 6.0, lasting=True) == {"events": 0, "profile": 0, "stream": 0}
    assert (await store.read("sentinel-user")).erased_at == 6.0
    for opened in (store, limited):
        await opened.close()


async def test_a_read_only_replica_says_so_and_still_reads(own: EmbeddedRedis) -> None:
    store = patient(own.url)
    await store.append([EVENT])
    with redis.Redis.from_url(own.url) as admin:
        admin.execute_command("REPLICAOF", "127.0.0.1", "1")
        await refused(
            store, StoreFault.READ_ONLY, "ReadOnlyError: You can't write against a read only replica"
        )
        assert len((await store.read("sentinel-user")).state.events) == 1
        admin.execute_command("REPLICAOF", "NO", "ONE")
    assert await store.append([EVENT]) == [False]
    await store.close()


async def test_a_password_is_asked_for(own: EmbeddedRedis) -> None:
    with redis.Redis.from_url(own.url) as admin:
        admin.config_set("requirepass", "right")
    without = patient(own.url)
    await refused(without, StoreFault.REFUSED, "AuthenticationError: Authentication required")
    wrong = patient(own.url.replace("unix://", "unix://:sentinel-password@"))
    await refused(wrong, StoreFault.REFUSED, "AuthenticationError: invalid username-password pair")
    right = patient(own.url.replace("unix://", "unix://:right@"))
    assert await right.append([EVENT]) == [True]
    for store in (without, wrong, right):
        await store.close()


async def test_a_command_that_is_not_permitted_is_refused(own: EmbeddedRedis) -> None:
    with redis.Redis.from_url(own.url) as admin:
        admin.execute_command("ACL", "SETUSER", "reader", "on", ">word", "~*", "+get")
    store = patient(own.url.replace("unix://", "unix://reader:word@"))
    assert await store.catalogue_version() == 0
    await refused(store, StoreFault.REFUSED, "NoPermissionError: User reader has no permissions to run")
    await store.close()


async def test_hung_and_away_are_two_things(own: EmbeddedRedis) -> None:
    store = RedisStore(RedisSettings(own.url, timeout_s=0.2, write_timeout_s=0.2))
    os.kill(own.pid, signal.SIGSTOP)
    try:
        with pytest.raises(StateUnavailableError) as hung:
            await store.read("1")
    finally:
        os.kill(own.pid, signal.SIGCONT)
    assert hung.value.fault is StoreFault.TIMEOUT
    own.close()
    away = patient(own.url)
    with pytest.raises(StateUnavailableError) as gone:
        await away.read("1")
    assert gone.value.fault is StoreFault.UNREACHABLE
    for opened in (store, away):
        await opened.close()


@pytest.mark.parametrize(
    ("cause", "fault", "reason"),
    [
        (BusyLoadingError("Redis is loading the dataset in memory"), StoreFault.LOADING, "Redis is loading"),
        (
            ResponseError("Error running script (call to f_1): @user_script:3: -OOM command not allowed"),
            StoreFault.OUT_OF_MEMORY,
            "-OOM command not allowed",
        ),
        (ResponseError("MISCONF Redis is configured to save RDB snapshots"), StoreFault.REFUSED, "MISCONF"),
        (ResponseError("OOM " + "x" * 1_000), StoreFault.OUT_OF_MEMORY, "x" * (REASON_LENGTH - 4)),
        (ResponseError("unknown command 'X', with args beginning with: 'sentinel'"), StoreFault.REFUSED, ""),
        (ResponseError("WRONGTYPE of sentinel-OOM"), StoreFault.REFUSED, ""),
    ],
)
def test_what_cannot_be_provoked_here_has_its_code_too(
    cause: Exception, fault: StoreFault, reason: str
) -> None:
    """The texts are those of Redis; the client's classes are those of redis-py."""
    error = describe_fault(cause)
    assert error.fault is fault
    assert reason in str(error) and "sentinel" not in str(error) and len(str(error)) < 300
