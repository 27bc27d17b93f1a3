"""The FastAPI application: routes, limits and error handling around one runtime."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypedDict

from anyio import CapacityLimiter
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline

from app.api.dependencies import Service
from app.api.error_handlers import handle_errors
from app.api.middleware import RequestLimits, RequestObserver
from app.api.openapi import DESCRIPTION, TITLE
from app.api.request_drain import RequestDrain
from app.api.routes import (
    batch,
    events,
    health,
    item_tables,
    items,
    model,
    recommendation,
    similar,
    user_tables,
    users,
)
from app.config import Settings
from app.runtime import Runtime
from app.telemetry import Metrics

OpenRuntime = Callable[[Settings], AbstractAsyncContextManager[Runtime]]
"""Opens the runtime (bundle and store) and closes it at the end."""


class State(TypedDict):
    """The lifespan's state, available to every request."""

    service: Service


def create_app(settings: Settings, open_runtime: OpenRuntime, metrics: Metrics | None = None) -> FastAPI:
    """The application. `open_runtime` is entered at the start, and exited after the last request."""
    metrics = metrics or Metrics()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
        async with open_runtime(settings) as runtime:
            limiter = CapacityLimiter(settings.compute_threads)
            yield {"service": Service(settings, runtime, metrics, limiter)}

    app = FastAPIOffline(
        title=TITLE,
        description=DESCRIPTION,
        version="1",
        lifespan=lifespan,
        redirect_slashes=False,
        redoc_url=None,
    )
    for page in app.routes:  # FastAPI's pages, such as /docs, answer HEAD as every other GET does
        if isinstance(page, APIRoute):
            page.methods = {"GET", "HEAD"}
    items_first = (item_tables, similar, items)  # the path of one item would match that of similar items, too
    for resource in (recommendation, batch, events, *items_first, user_tables, users, model, health):
        app.include_router(resource.router)
    handle_errors(app)
    app.add_middleware(
        RequestLimits, max_body_bytes=settings.max_body_bytes, max_concurrency=settings.max_concurrency
    )
    app.add_middleware(RequestObserver, metrics=metrics)
    app.add_middleware(RequestDrain)  # outermost, as added last: no metric includes its waiting
    return app
