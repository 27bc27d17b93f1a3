"""The service process: starts Redis and the store, and loads the bundle while /livez already answers."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from types import FrameType

import uvicorn

from app.api.dependencies import open_load
from app.api.patience import make_early_refusal, make_reservation
from app.background import Background, Work
from app.bundle.bundle import LoadedBundle
from app.bundle_follower import BundleFollower
from app.config import Settings
from app.erasure.follower import follow_bundles
from app.garbage import return_memory, settle_garbage
from app.live.follower import LiveFollower
from app.main import create_app
from app.redis_address import open_redis
from app.runtime import Runtime
from app.state.limits import DAY_S
from app.state.protocol import StoreHealth
from app.state.pseudonyms import WrongPseudonymKeyError
from app.state.redis.settings import RedisSettings, build_settings
from app.state.redis.store import RedisStore
from app.state.state_keys import WrongStateKeyError
from app.telemetry import Metrics
from app.threads import limit_threads
from app.transport.connection_limits import ConnectionLimits
from app.transport.http_protocol import make_protocol
from app.transport.open_files import raise_file_limit
from app.workers.worker_metrics import WorkerMetrics
from models.contract.bundle import BundleError

LOG = logging.getLogger("chorus.serving")
ERASURE_DELAY_S = 300
"""Seconds after which no file of the embedded Redis holds an erased user."""
GRACE_S = 10
"""Seconds for open requests to finish when the service is stopped."""
EXPECTED = (BundleError, WrongPseudonymKeyError, WrongStateKeyError)
"""What the operator can put right: the message alone tells how."""


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
    # uvicorn raises SIGTERM again after its shutdown. Unhandled, that would end the process with Redis running.
    signal.signal(signal.SIGTERM, _exit)
    with open_redis(settings) as url:
        return serve_with(settings, url, on_ready, uvicorn.Server)


def serve_with(
    settings: Settings,
    redis_url: str,
    on_ready: Callable[[LoadedBundle], None],
    make_server: Callable[[uvicorn.Config], uvicorn.Server],
    workers: WorkerMetrics | None = None,
) -> Outcome:
    """Serve over a Redis until stopped, with a server of uvicorn; `workers` are those of the same service."""
    limit_threads(settings.torch_threads)
    raise_file_limit(settings.max_connections)
    signal.signal(signal.SIGTERM, _exit)
    outcome = Outcome()

    def stop() -> None:
        server.should_exit = True

    server = make_server(_server_config(settings, redis_url, Startup(on_ready, stop, outcome), workers))
    try:
        server.run()
    except SystemExit as exit_:
        if exit_.code:  # uvicorn cannot listen, and has logged the reason
            outcome.problem = f"expected an address that is free, given {settings.host}:{settings.port}"
    return outcome


def _exit(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def build_redis_settings(settings: Settings, url: str) -> RedisSettings:
    """The settings of the Redis store. Only the embedded Redis has its file rewritten after erasures."""
    delay_s = ERASURE_DELAY_S if settings.redis_url is None else None
    usual = build_settings(url, settings.redis_timeout_s)
    limits = replace(
        usual.limits,
        impression_cap=max(1, settings.impression_entries),
        impression_age_s=settings.impression_days * DAY_S,
        impression_ttl_s=settings.impression_hours * 3600,
        live_half_life_s=round(settings.live_half_life_hours * 3600),
    )
    return replace(
        usual,
        limits=limits,
        erasure_delay_s=delay_s,
        pseudonyms=settings.pseudonyms,
        state_keys=settings.state_keys,
    )


def _server_config(
    settings: Settings, url: str, startup: Startup, workers: WorkerMetrics | None = None
) -> uvicorn.Config:
    metrics = Metrics()
    load = open_load(settings)

    def open_with_store(settings: Settings) -> AbstractAsyncContextManager[Runtime]:
        health = StoreHealth(metrics.count_store_failure, on_circuit=metrics.set_circuit)
        store = RedisStore(build_redis_settings(settings, url), metrics.count_corrupt_value, health)
        return open_runtime(settings, store, startup)

    return uvicorn.Config(
        create_app(settings, open_with_store, metrics, url, load, workers),
        host=settings.host,
        port=settings.port,
        http=make_protocol(  # type: ignore[arg-type]  # uvicorn calls it as it would the class
            _read_connection_limits(settings),
            make_early_refusal(load, settings.compute_timeout_s),
            make_reservation(load),
            metrics.count_refusal,
        ),
        ws="none",
        ssl_certfile=settings.ssl_certfile,
        ssl_keyfile=settings.ssl_keyfile,
        proxy_headers=False,  # app.api.proxy_prefix needs the address of the peer itself
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )


def _read_connection_limits(settings: Settings) -> ConnectionLimits:
    return ConnectionLimits(
        max_header_bytes=settings.max_header_bytes,
        header_timeout_s=settings.header_timeout_s,
        max_connections=settings.max_connections,
        max_peer_connections=settings.max_peer_connections,
    )


@asynccontextmanager
async def open_runtime(settings: Settings, store: RedisStore, startup: Startup) -> AsyncIterator[Runtime]:
    """The runtime, which loads its bundle in the background until /readyz answers 200, and then follows reloads.

    Closes the store at the end.
    """
    runtime = Runtime(settings, store)

    async def load() -> None:
        await runtime.start()
        settle_garbage()
        return_memory()
        startup.on_ready(runtime.default_tenant.bundle)

    async def settle() -> None:
        await asyncio.wait([loading])
        if runtime.ready:  # a Redis that was away at the start may be the wrong one
            await runtime.settle_key()

    loading = asyncio.create_task(load())
    loading.add_done_callback(lambda task: _stop_on_failure(task, startup))
    settling = asyncio.create_task(settle())
    settling.add_done_callback(lambda task: _stop_on_failure(task, startup))
    background = Background()
    background.start(_list_background(runtime, store), loading)
    try:
        yield runtime
    finally:
        try:
            loading.cancel()
            settling.cancel()
            await asyncio.wait([loading, settling])
            await background.stop()
            await runtime.close()
        finally:
            await store.close()


def _list_background(runtime: Runtime, store: RedisStore) -> dict[str, Work]:
    """The works that run beside the requests, by what is no longer done if one fails."""
    tenant = runtime.default_tenant  # the users of bundles are its users
    return {
        "reloads of other replicas are followed": BundleFollower(runtime).run,
        "live statistics are read": LiveFollower(runtime).run,
        "bundles of experiments are loaded": runtime.follow_experiments,
        "the file of Redis is rewritten after erasures": store.follow_erasures,
        "receipts of erasures learn of new bundles": lambda: follow_bundles(
            tenant.receipts, lambda: (tenant.bundle.known_users, tenant.bundle.manifest.model_version)
        ),
    }


def _stop_on_failure(loading: "asyncio.Task[None]", startup: Startup) -> None:
    """Stop the service if it cannot serve, for any reason."""
    error = None if loading.cancelled() else loading.exception()
    if error is None:
        return
    startup.outcome.problem = _describe(error)
    unexpected = None if isinstance(error, EXPECTED) else error
    fields = {"reason": startup.outcome.problem}
    LOG.critical("the service cannot serve", exc_info=unexpected, extra={"fields": fields})
    startup.stop()


def _describe(error: BaseException) -> str:
    """The error in one line."""
    kind = "" if isinstance(error, EXPECTED) else f"{type(error).__name__}: "
    return kind + " ".join(str(error).split())
