"""The service as a process: its Redis, its store, its bundle loaded while it already answers /livez."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

import uvicorn

from app.config import Settings
from app.loaded import LoadedBundle
from app.main import create_app
from app.runtime import Runtime, limit_torch_threads
from app.state.embedded import EmbeddedRedis
from app.state.redis_store import RedisUserStateStore
from app.state.settings import RedisSettings
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


def run(settings: Settings, on_ready: OnReady) -> Outcome:
    """Serve until asked to stop; `on_ready` is called once a bundle answers."""
    limit_torch_threads(settings.torch_threads)
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
    def open_runtime(given: Settings) -> AbstractAsyncContextManager[Runtime]:
        return _runtime(given, url, on_ready, outcome, stop)

    return uvicorn.Config(
        create_app(settings, open_runtime),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )


@asynccontextmanager
async def _runtime(
    settings: Settings, url: str, on_ready: OnReady, outcome: Outcome, stop: Callable[[], None]
) -> AsyncIterator[Runtime]:
    """The runtime, whose bundle is loaded in the background: /readyz says when it is there."""
    store = RedisUserStateStore(RedisSettings(url, timeout_s=settings.redis_timeout_s))
    runtime = Runtime(settings, store)

    async def load() -> None:
        try:
            await runtime.start()
        except BundleError as error:
            outcome.problem = str(error)
            LOG.critical("no bundle can serve", extra={"fields": {"reason": str(error)}})
            stop()
            return
        on_ready(runtime.bundle)

    loading = asyncio.create_task(load())
    try:
        yield runtime
    finally:
        loading.cancel()
        with suppress(asyncio.CancelledError):
            await loading
        await store.close()
