"""What tests of keys, limits and the audit over HTTP share: keys, where they are stored, and waiting for a change."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import redis

from app.access.api_key import ApiKey, KeyRequest, create_key
from app.access.key_stores import KeyFile, RedisKeys
from app.access.roles import Role
from app.state.protocol import StoreHealth
from app.state.redis.client import RedisClient
from tests.app.http.conftest import patient

Serve = Callable[..., AbstractContextManager[httpx.Client]]
SETTLED_S = 60
"""Longest wait for a change of keys to count; it takes a second or two."""


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def settle(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SETTLED_S
    while not condition():
        assert time.monotonic() < deadline, "expected the change to count"
        time.sleep(0.05)


def store_in_file(path: Path, *keys: ApiKey) -> None:
    asyncio.run(KeyFile(path).change(lambda _keys: keys))


def store_in_redis(url: str, *keys: ApiKey) -> None:
    async def store() -> None:
        client = RedisClient(patient(url), StoreHealth())
        await RedisKeys(client, "chorus", 10).change(lambda _keys: keys)
        await client.close()

    asyncio.run(store())


def forget(url: str, *patterns: str) -> None:
    with redis.Redis.from_url(url) as client:
        for pattern in patterns:
            for key in client.scan_iter(pattern):
                client.delete(key)


def read_audit(url: str) -> list[dict[str, Any]]:
    with redis.Redis.from_url(url) as client:
        entries: Any = client.xrange("chorus:audit")
    acts = [{name.decode(): value.decode() for name, value in fields.items()} for _id, fields in entries]
    return [{**act, "detail": json.loads(act["detail"])} for act in acts]


TOKENS = {role: create_key(KeyRequest((role,), name=role), time.time()) for role in Role}
"""A key of each role."""
