"""A real Redis server for the session, and a fresh store of either kind for each test."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
import redis

from app.state.embedded.server import EmbeddedRedis
from app.state.limits import StoreLimits
from app.state.memory.store import MemoryStore
from app.state.protocol import StateStore
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from app.state.state_keys import StateKeys
from tests.app.state.opened_stores import Opened

LIMITS = StoreLimits(max_events=200, max_past_items=700, stream_cap=3_000, item_cap=5)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
def settings(server: EmbeddedRedis) -> RedisSettings:
    """Keys of this test alone; patient, as the machine that runs the tests may be slow."""
    return RedisSettings(
        server.url, timeout_s=10, write_timeout_s=10, prefix=f"test-{uuid4().hex}", limits=LIMITS
    )


@pytest.fixture
def redis_client(server: EmbeddedRedis) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(server.url) as client:
        yield client


@pytest.fixture
def corrupt_values() -> list[None]:
    """One element for each stored value that could not be read."""
    return []


@pytest.fixture
async def redis_store(settings: RedisSettings, corrupt_values: list[None]) -> AsyncIterator[RedisStore]:
    store = RedisStore(settings, lambda: corrupt_values.append(None))
    yield store
    await store.close()


@pytest.fixture
def sealed_settings(settings: RedisSettings) -> RedisSettings:
    return replace(settings, state_keys=StateKeys(b"s" * 32))


@pytest.fixture(params=["memory", "redis", "sealed redis"])
async def store(
    request: pytest.FixtureRequest, settings: RedisSettings, sealed_settings: RedisSettings
) -> AsyncIterator[StateStore]:
    made: StateStore
    match request.param:
        case "memory":
            made = MemoryStore(LIMITS)
        case "redis":
            made = RedisStore(settings)
        case _:
            made = RedisStore(sealed_settings)
    yield made
    await made.close()


@pytest.fixture
def impatient(settings: RedisSettings) -> RedisSettings:
    return replace(settings, timeout_s=0.2, write_timeout_s=0.2)


@pytest.fixture
async def opened(settings: RedisSettings, corrupt_values: list[None]) -> AsyncIterator[Opened]:
    stores = Opened(settings, corrupt_values)
    yield stores
    for store in stores.all:
        await store.close()
