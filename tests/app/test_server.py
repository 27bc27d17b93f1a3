"""The service's start: what cannot serve ends it, whatever went wrong."""

import asyncio
import gc
import logging
from pathlib import Path

import pytest
import redis
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from app.bundle.bundle import LoadedBundle
from app.config import Settings, read_settings
from app.server import Outcome, Startup, _server_config, build_redis_settings, open_runtime
from app.state.embedded.server import EmbeddedRedis
from app.state.redis.keys import Keys
from app.state.redis.store import RedisStore

AWAY = "redis://127.0.0.1:1"
"""Nobody listens there: a start goes on without its store."""


async def _started(
    settings: Settings, outcome: Outcome, fail: BaseException | None = None, url: str = AWAY
) -> bool:
    """Whether the start asked the service to stop."""
    ended, stopped = asyncio.Event(), []

    def on_ready(_bundle: LoadedBundle) -> None:
        if fail is not None:
            raise fail
        ended.set()

    def stop() -> None:
        stopped.append(True)
        ended.set()

    store = RedisStore(build_redis_settings(settings, url))
    async with open_runtime(settings, store, Startup(on_ready, stop, outcome)):
        await asyncio.wait_for(ended.wait(), 120)
    return bool(stopped)


@pytest.fixture
def settings(trained: Path, tmp_path: Path) -> Settings:
    return read_settings(bundle_dir=trained, state_dir=tmp_path / "state")


async def test_a_start_that_works_stops_nothing(settings: Settings) -> None:
    outcome = Outcome()
    assert not await _started(settings, outcome)
    assert outcome.problem is None


async def test_what_a_start_made_is_not_looked_through_again(settings: Settings) -> None:
    gc.unfreeze()
    try:
        assert not await _started(settings, Outcome())
        assert gc.get_freeze_count() > 100 * len(gc.get_objects(generation=2))
    finally:
        gc.unfreeze()


async def test_whatever_fails_at_the_start_ends_the_service_with_one_line(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    outcome = Outcome()
    with caplog.at_level(logging.CRITICAL, "chorus.serving"):
        assert await _started(settings, outcome, OSError("no room\nat all"))
    assert outcome.problem == "OSError: no room at all"
    assert [record.exc_info is not None for record in caplog.records] == [True]


async def test_no_bundle_ends_the_service(settings: Settings, tmp_path: Path) -> None:
    outcome = Outcome()
    assert await _started(settings.model_copy(update={"bundle_dir": tmp_path}), outcome)
    assert outcome.problem is not None
    assert outcome.problem.startswith("expected a bundle") and "\n" not in outcome.problem


async def test_a_redis_with_other_pseudonyms_ends_the_service(settings: Settings, tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path / "redis") as server:
        changes = {"redis_timeout_s": 10.0, "pseudonym_key": SecretStr("k" * 32)}
        named = settings.model_copy(update=changes)
        assert not await _started(named, Outcome(), url=server.url)
        outcome = Outcome()
        other = named.model_copy(update={"pseudonym_key": SecretStr("l" * 32)})
        assert await _started(other, outcome, url=server.url)
    assert outcome.problem is not None
    assert outcome.problem.startswith("CHORUS_PSEUDONYM_KEY: expected the key of before, given another one")


async def test_a_redis_that_is_encrypted_under_another_key_ends_the_service(
    settings: Settings, tmp_path: Path
) -> None:
    with EmbeddedRedis(tmp_path / "redis") as server:
        changes = {"redis_timeout_s": 10.0, "state_key": SecretStr("k" * 32)}
        sealed = settings.model_copy(update=changes)
        assert not await _started(sealed, Outcome(), url=server.url)
        for key, given in ((None, "none"), (SecretStr("l" * 32), "another one")):
            outcome = Outcome()
            assert await _started(sealed.model_copy(update={"state_key": key}), outcome, url=server.url)
            assert outcome.problem is not None and "\n" not in outcome.problem
            assert outcome.problem.startswith("CHORUS_STATE_KEY: expected the key of before")
            assert f"given {given}; a new key needs" in outcome.problem
        rotated = {"state_key": SecretStr("l" * 32), "state_keys_old": (SecretStr("k" * 32),)}
        assert not await _started(sealed.model_copy(update=rotated), Outcome(), url=server.url)


async def test_a_damaged_value_shows_in_the_metrics(settings: Settings, tmp_path: Path) -> None:
    """Over the whole of it: the store, what it reports to, and the page."""
    ready = asyncio.Event()
    with EmbeddedRedis(tmp_path / "redis") as server, redis.Redis.from_url(server.url) as stored:
        patient = settings.model_copy(update={"redis_timeout_s": 10.0})
        startup = Startup(lambda _bundle: ready.set(), ready.set, Outcome())
        app = _server_config(patient, server.url, startup).app
        assert isinstance(app, FastAPI)
        async with app.router.lifespan_context(app) as state:
            await asyncio.wait_for(ready.wait(), 120)

            async def stated(scope: Scope, receive: Receive, send: Send) -> None:
                await app({**scope, "state": dict(state or {})}, receive, send)

            async with AsyncClient(transport=ASGITransport(stated), base_url="http://chorus") as client:
                assert "chorus_corrupt_values_total 0.0" in (await client.get("/metrics")).text
                stored.set(Keys("chorus").user("42").events, b"damaged")
                await client.get("/v1/users/42")
                assert "chorus_corrupt_values_total 1.0" in (await client.get("/metrics")).text


@pytest.mark.parametrize(("given", "write"), [(0.1, 2.0), (2.0, 2.0), (30.0, 30.0)])
def test_the_redis_timeout_governs_writes_too(given: float, write: float) -> None:
    settings = build_redis_settings(read_settings(redis_timeout_s=given), AWAY)
    assert (settings.timeout_s, settings.write_timeout_s) == (given, write)
