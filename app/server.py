"""The service process: starts Redis and the store, and loads the bundle while /livez already answers."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from types import FrameType

import uvicorn

from app.bundle.bundle import LoadedBundle
from app.bundle_follower import BundleFollower
from app.config import Settings
from app.main import create_app
from app.runtime import Runtime
from app.state.embedded.address import open_embedded
from app.state.protocol import StoreHealth
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from app.telemetry import Metrics
from app.threads import limit_threads
from models.contract.bundle import BundleError

LOG = logging.getLogger("chorus.serving")
GRACE_S = 10
"""Seconds for open requests to finish when the service is stopped."""


@dataclass(slots=True)
class Outcome:
    """The result of running the service; `problem` is the reason why it could not serve."""

    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Startup:
    """Callbacks around the loading of the first bundle."""

    on_ready: Callable[[LoadedBundle], None]  # called when a bundle is loaded
    stop: Callable[[], None]  # called if no bundle can be loaded
    outcome: Outcome


def run(settings: Settings, on_ready: Callable[[LoadedBundle], None]) -> Outcome:
    """Serve until stopped; `on_ready` is called when a bundle is loaded. Raises EmbeddedRedisError."""
    limit_threads(settings.torch_threads)
    outcome = Outcome()
    # uvicorn raises SIGTERM again after its shutdown. Unhandled, that would end the process with Redis running.
    signal.signal(signal.SIGTERM, _exit)
    with open_redis(settings) as url:

        def stop() -> None:
            server.should_exit = True

        server = uvicorn.Server(_server_config(settings, url, Startup(on_ready, stop, outcome)))
        try:
            server.run()
        except SystemExit as exit_:
            if exit_.code:  # uvicorn cannot listen, and has logged the reason
                outcome.problem = f"expected an address that is free, given {settings.host}:{settings.port}"
    return outcome


def _exit(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


@contextmanager
def open_redis(settings: Settings) -> Iterator[str]:
    """The URL of the configured Redis, or of an embedded one that stops with this process.

    Raises EmbeddedRedisError if the embedded one does not start.
    """
    if settings.redis_url is not None:
        yield settings.redis_url
        return
    with open_embedded(settings.state_dir) as url:
        yield url


def build_redis_settings(settings: Settings, url: str) -> RedisSettings:
    """The settings of the Redis store. A write has at least the default time limit, as Redis may write to a disk."""
    default = RedisSettings(url).write_timeout_s
    return RedisSettings(
        url, timeout_s=settings.redis_timeout_s, write_timeout_s=max(default, settings.redis_timeout_s)
    )


def _server_config(settings: Settings, url: str, startup: Startup) -> uvicorn.Config:
    metrics = Metrics()

    def open_with_store(settings: Settings) -> AbstractAsyncContextManager[Runtime]:
        health = StoreHealth(metrics.count_store_failure)
        store = RedisStore(build_redis_settings(settings, url), metrics.count_corrupt_value, health)
        return open_runtime(settings, store, startup)

    return uvicorn.Config(
        create_app(settings, open_with_store, metrics, url),
        host=settings.host,
        port=settings.port,
        proxy_headers=False,  # app.api.proxy_prefix needs the address of the peer itself
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )


@asynccontextmanager
async def open_runtime(settings: Settings, store: RedisStore, startup: Startup) -> AsyncIterator[Runtime]:
    """The runtime, which loads its bundle in the background until /readyz answers 200, and then follows reloads.

    Closes the store at the end.
    """
    runtime = Runtime(settings, store)

    async def load() -> None:
        await runtime.start()
        startup.on_ready(runtime.bundle)

    async def follow() -> None:
        await asyncio.wait([loading])
        if runtime.ready:
            await BundleFollower(runtime).run()

    loading = asyncio.create_task(load())
    loading.add_done_callback(lambda task: _stop_on_failure(task, startup))
    following = asyncio.create_task(follow())
    following.add_done_callback(_log_failure)
    try:
        yield runtime
    finally:
        try:
            loading.cancel()
            following.cancel()
            await asyncio.wait([loading, following])
        finally:
            await store.close()


def _stop_on_failure(loading: "asyncio.Task[None]", startup: Startup) -> None:
    """Stop the service if the first bundle could not be loaded, for any reason."""
    error = None if loading.cancelled() else loading.exception()
    if error is None:
        return
    startup.outcome.problem = _describe(error)
    unexpected = None if isinstance(error, BundleError) else error
    fields = {"reason": startup.outcome.problem}
    LOG.critical("the service cannot serve", exc_info=unexpected, extra={"fields": fields})
    startup.stop()


def _log_failure(following: "asyncio.Task[None]") -> None:
    """Log that reloads of other replicas are no longer followed, which is no reason to stop the service."""
    error = None if following.cancelled() else following.exception()
    if error is not None:
        LOG.critical("reloads of other replicas are no longer followed", exc_info=error)


def _describe(error: BaseException) -> str:
    """The error in one line."""
    kind = "" if isinstance(error, BundleError) else f"{type(error).__name__}: "
    return kind + " ".join(str(error).split())
