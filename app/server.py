"""The service as a process: its Redis, its store, its bundle loaded while it already answers /livez."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from types import FrameType

import uvicorn

from app.bundle.bundle import LoadedBundle
from app.config import Settings
from app.main import create_app
from app.runtime import Runtime, limit_threads
from app.state.embedded.server import EmbeddedRedis
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from app.telemetry import Metrics
from models.contract.bundle import BundleError

LOG = logging.getLogger("chorus.serving")
REDIS_FOLDER = "redis"
GRACE_S = 10
"""Requests in work get so long to end when the service is asked to stop."""

OnReady = Callable[[LoadedBundle], None]


@dataclass(slots=True)
class Outcome:
    """How the service ended: `problem` says why it could not serve."""

    problem: str | None = None


@contextmanager
def redis_server(settings: Settings) -> Iterator[str]:
    """The URL of the configured Redis, or of an embedded real one that lives as long as this process.

    Raises EmbeddedRedisError where it does not start.
    """
    if settings.redis_url is not None:
        yield settings.redis_url
        return
    with EmbeddedRedis(settings.state_dir / REDIS_FOLDER) as server:
        yield server.url


def redis_settings(settings: Settings, url: str) -> RedisSettings:
    """How long Redis may take: a write never less than usual, as it may stand behind a disk."""
    usual = RedisSettings(url).write_timeout_s
    return RedisSettings(
        url, timeout_s=settings.redis_timeout_s, write_timeout_s=max(usual, settings.redis_timeout_s)
    )


def run(settings: Settings, on_ready: OnReady) -> Outcome:
    """Serve until asked to stop; `on_ready` is called once a bundle answers."""
    limit_threads(settings.torch_threads)
    outcome = Outcome()
    # uvicorn raises a SIGTERM again once it has shut down: unhandled, it would end us with Redis still running.
    signal.signal(signal.SIGTERM, _leave)
    with redis_server(settings) as url:
        server = uvicorn.Server(_server_config(settings, url, on_ready, outcome, lambda: _stop(server)))
        try:
            server.run()
        except SystemExit as leaving:
            if leaving.code:  # uvicorn's way out where it cannot listen; it has logged why
                outcome.problem = f"expected an address that is free, given {settings.host}:{settings.port}"
    return outcome


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _stop(server: uvicorn.Server) -> None:
    server.should_exit = True


def _server_config(
    settings: Settings, url: str, on_ready: OnReady, outcome: Outcome, stop: Callable[[], None]
) -> uvicorn.Config:
    metrics = Metrics()

    def open_runtime(given: Settings) -> AbstractAsyncContextManager[Runtime]:
        store = RedisStore(redis_settings(given, url), metrics.corrupt_value)
        return _runtime(given, store, on_ready, outcome, stop)

    return uvicorn.Config(
        create_app(settings, open_runtime, metrics),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )


@asynccontextmanager
async def _runtime(
    settings: Settings, store: RedisStore, on_ready: OnReady, outcome: Outcome, stop: Callable[[], None]
) -> AsyncIterator[Runtime]:
    """The runtime, whose bundle is loaded in the background: /readyz says when it is there."""
    runtime = Runtime(settings, store)

    async def load() -> None:
        await runtime.start()
        on_ready(runtime.bundle)

    def ended(task: asyncio.Task[None]) -> None:
        # Whatever it was that failed, a service that will never be ready must not stay.
        error = None if task.cancelled() else task.exception()
        if error is not None:
            outcome.problem = _one_line(error)
            bug = None if isinstance(error, BundleError) else error
            LOG.critical("it cannot serve", exc_info=bug, extra={"fields": {"reason": outcome.problem}})
            stop()

    loading = asyncio.create_task(load())
    loading.add_done_callback(ended)
    try:
        yield runtime
    finally:
        try:
            loading.cancel()
            await asyncio.wait([loading])
        finally:
            await store.close()


def _one_line(error: BaseException) -> str:
    kind = "" if isinstance(error, BundleError) else f"{type(error).__name__}: "
    return kind + " ".join(str(error).split())
