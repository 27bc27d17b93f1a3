"""A real Redis for the stores of access."""

from collections.abc import AsyncIterator, Iterator

import pytest

from app.state.embedded.server import EmbeddedRedis
from app.state.protocol import StoreHealth
from app.state.redis.client import RedisClient
from app.state.redis.settings import RedisSettings

DEADLINE_S = 10.0
"""The machine that runs the tests may be slow."""


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with EmbeddedRedis(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[RedisClient]:
    """A client of an empty Redis."""
    opened = RedisClient(RedisSettings(redis_url, DEADLINE_S, DEADLINE_S), StoreHealth())
    await opened.run_command("FLUSHDB", deadline_s=DEADLINE_S)
    yield opened
    await opened.close()
