"""A real Redis, and a store of each kind whose streams are short."""

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest

from app.state.embedded.server import EmbeddedRedis
from app.state.limits import StoreLimits
from app.state.memory.store import MemoryStore
from app.state.protocol import StateStore
from app.state.pseudonyms import Pseudonyms
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from app.state.state_keys import StateKeys

CAP = 3_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(tmp_path_factory.mktemp("redis")) as running:
        yield running


def make_settings(server: EmbeddedRedis, **more: object) -> RedisSettings:
    limits = StoreLimits(stream_cap=CAP, impression_cap=CAP)
    name = f"log-{uuid4().hex}"
    return RedisSettings(server.url, timeout_s=10, write_timeout_s=10, prefix=name, limits=limits, **more)


@pytest.fixture(params=["memory", "redis", "sealed", "pseudonyms"])
async def store(request: pytest.FixtureRequest, server: EmbeddedRedis) -> AsyncIterator[StateStore]:
    more = {
        "sealed": {"state_keys": StateKeys(b"s" * 32)},
        "pseudonyms": {"pseudonyms": Pseudonyms(b"p" * 32)},
    }
    opened: StateStore
    if request.param == "memory":
        opened = MemoryStore(StoreLimits(stream_cap=CAP, impression_cap=CAP))
    else:
        opened = RedisStore(make_settings(server, **more.get(request.param, {})))
    yield opened
    await opened.close()
