"""The application: routes, limits and errors around one runtime, which lives from start to end."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypedDict

from anyio import CapacityLimiter
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline

from app.api.dependencies import Service
from app.api.middleware import Bounded, Observed
from app.api.openapi import DESCRIPTION, TITLE, describe
from app.api.request_drain import Lingering
from app.api.responses import handle_errors
from app.api.routes import batch, events, health, items, model, recommendation, users
from app.api.schemas.batch import BatchRequest
from app.api.schemas.interactions import EventsRequest
from app.api.schemas.recommendation import RankRequest, RecommendRequest
from app.api.schemas.records import ItemRequest, ReloadRequest, UserRequest
from app.config import Settings
from app.runtime import Runtime
from app.telemetry import Metrics

OpenRuntime = Callable[[Settings], AbstractAsyncContextManager[Runtime]]
"""Opens what serves (the bundle, the store) and closes it at the end."""

BODIES = (
    RecommendRequest,
    RankRequest,
    BatchRequest,
    EventsRequest,
    ItemRequest,
    UserRequest,
    ReloadRequest,
)


class State(TypedDict):
    """What the lifespan hands to every request."""

    service: Service


def create_app(settings: Settings, open_runtime: OpenRuntime, metrics: Metrics | None = None) -> FastAPI:
    """The service. `open_runtime` is entered when it starts, and left when the last request is answered."""
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
    for page in app.routes:  # only its own yet: /docs answers HEAD as every other GET does
        if isinstance(page, APIRoute):
            page.methods = {"GET", "HEAD"}
    for room in (recommendation, batch, events, items, users, model, health):
        app.include_router(room.router)
    handle_errors(app)
    describe(app, BODIES)
    app.add_middleware(
        Bounded, max_body_bytes=settings.max_body_bytes, max_concurrency=settings.max_concurrency
    )
    app.add_middleware(Observed, metrics=metrics)
    app.add_middleware(Lingering)  # the last one added is the outermost: no figure counts its waiting
    return app
