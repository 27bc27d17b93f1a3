"""The FastAPI application: routes, limits and error handling around one runtime."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import TypedDict

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from app.access.access import Access, open_access
from app.access.limits import RATE_HEADERS
from app.api.dependencies import Load, Service, open_load
from app.api.error_handlers import METHODS, handle_errors
from app.api.middleware import RequestObserver
from app.api.openapi import DESCRIPTION, TITLE
from app.api.proxy_prefix import ProxyPrefix
from app.api.request_drain import RequestDrain
from app.api.responses import REQUEST_ID
from app.api.routes import (
    batch,
    erasures,
    events,
    experiments,
    health,
    item_tables,
    items,
    model,
    outcomes,
    pages,
    recommendation,
    similar,
    user_tables,
    users,
)
from app.api.service_metrics import render_metrics
from app.chat import open_chat
from app.config import Settings
from app.experiment_log import ExperimentLog
from app.freshness import Freshness
from app.impression_log import ROOM, ImpressionLog
from app.log_task import run_log
from app.outcomes.log import ROOM as JOIN_ROOM
from app.outcomes.log import OutcomeLog
from app.reason_writer import open_reason_writer
from app.runtime import Runtime
from app.shadow_log import ShadowLog
from app.telemetry import Metrics
from app.workers.worker_metrics import WorkerMetrics

OpenRuntime = Callable[[Settings], AbstractAsyncContextManager[Runtime]]
"""Opens the runtime (bundle and store) and closes it at the end."""

RESOURCES = (
    recommendation,
    batch,
    events,
    item_tables,
    similar,
    items,  # the path of one item would match that of similar items, too
    user_tables,
    users,
    erasures,
    experiments,
    model,
    outcomes,
    health,
    pages,
)
"""The files of routes; of two that match a path the earlier one answers."""
PAGE_HEADERS = ("authorization", "content-type", "x-api-key", REQUEST_ID)
"""The headers that a web page of another origin may send."""


class State(TypedDict):
    """The lifespan's state, available to every request."""

    service: Service


def create_app(
    settings: Settings,
    open_runtime: OpenRuntime,
    metrics: Metrics | None = None,
    redis_url: str | None = None,
    load: Load | None = None,
    workers: WorkerMetrics | None = None,
) -> FastAPI:
    """The application. `open_runtime` is entered at the start, and exited after the last request.

    The keys, the limits and the audit use the Redis at `redis_url`, or else that of the settings. `workers` are the
    processes of the same service, whose metrics stand on one page.
    """
    metrics, load = metrics or Metrics(), load or open_load(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
        async with (
            open_runtime(settings) as runtime,
            open_access(settings, redis_url or settings.redis_url, metrics) as access,
            _open_service(settings, runtime, metrics, load, access) as service,
            _join_workers(service, workers) as joined,
        ):
            yield {"service": joined}

    app = FastAPI(
        title=TITLE,
        description=DESCRIPTION,
        version="1",
        lifespan=lifespan,
        redirect_slashes=False,
        openapi_url=None,  # app.api.routes.pages serves it, and /docs
    )
    for resource in RESOURCES:
        app.include_router(resource.router)
    app.include_router(pages.open_router)
    handle_errors(app)
    _add_middleware(app, settings, metrics)
    return app


@asynccontextmanager
async def _open_service(
    settings: Settings, runtime: Runtime, metrics: Metrics, load: Load, access: Access
) -> AsyncIterator[Service]:
    """The service over these parts, with the logs of what it shows and of what comes of it."""
    room = min(ROOM, settings.impression_entries)
    experiment_log = ExperimentLog(metrics.count_experiment_records)
    join_room = JOIN_ROOM if room else 0
    outcome_log = OutcomeLog(metrics.outcomes, join_room, on_take=experiment_log.record_take)
    impressions = ImpressionLog(metrics.count_impressions, room, outcome_log)
    shadows = ShadowLog(metrics.shadows)
    # The experiments end last: the other log hands takes over until its end.
    async with run_log(experiment_log), run_log(impressions), run_log(shadows):
        chat = open_chat(settings)
        reason_writer = open_reason_writer(settings, metrics.count_reason_texts)
        freshness = Freshness(metrics.outcomes.observe_freshness)
        try:
            yield Service(
                *(settings, runtime, metrics, load, access),
                *(impressions, outcome_log, freshness, experiment_log, shadows),
                chat=chat,
                reason_writer=reason_writer,
            )
        finally:
            for model in (chat, reason_writer):
                if model is not None:
                    model.close()
            load.queue.close()


@asynccontextmanager
async def _join_workers(service: Service, workers: WorkerMetrics | None) -> AsyncIterator[Service]:
    """The service as one of these workers, which know its metrics within the block."""
    if workers is None:
        yield service
        return
    async with workers.answering(lambda: render_metrics(service)):
        yield replace(service, workers=workers)


def _add_middleware(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """Add the middleware, the innermost first."""
    app.add_middleware(ProxyPrefix, root_path=settings.root_path, trusted=settings.trusted_proxies)
    if settings.cors_origins:
        # Around all that can refuse a request, so that a page can read every error. A preflight needs no key.
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=METHODS,
            allow_headers=PAGE_HEADERS,
            expose_headers=(REQUEST_ID, "retry-after", *RATE_HEADERS),
        )
    app.add_middleware(RequestObserver, metrics=metrics)
    app.add_middleware(RequestDrain)  # outermost, as added last: no metric includes its waiting
