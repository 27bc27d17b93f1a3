"""Routes that check the API key: those under /v1, before they read the body, and the pages about the service."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from app.api.api_keys import EVENTS, QUERY_KEY, SECURITY, check_key, check_page_key
from app.api.audited_route import record_act
from app.api.dependencies import PATIENCE_S, PLACE, Service
from app.api.direct_call import make_direct_call
from app.api.patience import COMPUTED, HEADER, parse_patience_s
from app.api.query_string import check_query, list_parameters
from app.api.rate_limits import charge_request
from app.api.request_body import (
    JSON,
    TEXT,
    BodyLimits,
    JsonRequest,
    check_length,
    check_no_body,
    parse_json,
    read_body,
)
from app.config import Settings

SMALL = frozenset({"/v1/recommend", "/v1/explain", "/v1/items/similar"})
"""The routes whose bodies are small; those of the others hold up to 1,000 rows or items."""

Handle = Callable[[Request], Coroutine[Any, Any, Response]]


class GuardedRoute(APIRoute):
    """A route that requires a key with its role where keys are configured, and bounds what one request may take.

    FastAPI reads a body before it resolves dependencies, so all this comes first, before the body is read.
    """

    def get_route_handler(self) -> Handle:
        resolve = super().get_route_handler()
        model: type[BaseModel] | None = self.body_field and self.body_field.field_info.annotation  # type: ignore[assignment]
        is_computed = self.path.endswith(COMPUTED)
        known = list_parameters(self.dependant) | ({QUERY_KEY} if self.path == EVENTS else frozenset())
        direct = None if model is None else make_direct_call(self.endpoint)
        handle: Handle = resolve if direct is None else direct

        async def guard(request: Request) -> Response:
            service: Service = request.state.service
            settings, load, access = service.settings, service.load, service.access
            check_key(request, settings, access)
            await charge_request(request, access)
            if request.scope["query_string"]:
                check_query(request, known)
            patience_s = parse_patience_s(request.headers.get(HEADER), settings.compute_timeout_s)
            request.scope[PATIENCE_S] = patience_s
            if is_computed and PLACE not in request.scope:
                load.queue.check(patience_s)
            if model is None:
                check_no_body(request)
                with load.in_progress.count():
                    return await record_act(request, access, handle)
            limits = _limit_body(self.path, settings)
            check_length(request, limits.max_bytes)
            raw = await read_body(request, limits, load.bodies)
            try:
                with load.in_progress.count():  # a slow body takes no place
                    parsed = JsonRequest(request.scope, request.receive)
                    parsed.parsed = await parse_json(model, raw)
                    return await record_act(parsed, access, handle)
            finally:
                load.bodies.release(len(raw))

        return guard


def _limit_body(path: str, settings: Settings) -> BodyLimits:
    """The limits of a route's body. A beacon of a web page has no other type than text without a preflight request."""
    most = settings.max_body_bytes
    return BodyLimits(
        min(most, settings.max_request_bytes) if path in SMALL else most,
        settings.body_timeout_s,
        (JSON, TEXT) if path == EVENTS else (JSON,),
    )


class GuardedPage(APIRoute):
    """A page about the service, which requires the API key if one is set and the settings do not open the page."""

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()

        async def guard(request: Request) -> Response:
            service: Service = request.state.service
            if self.path not in service.settings.open_paths:
                check_page_key(request, service.settings, service.access)
            return await handle(request)

        return guard


def make_guarded_router(tag: str) -> APIRouter:
    """A router of guarded routes under /v1."""
    return APIRouter(prefix="/v1", tags=[tag], route_class=GuardedRoute, dependencies=SECURITY)


def make_page_router(tag: str) -> APIRouter:
    """A router of guarded pages."""
    return APIRouter(tags=[tag], route_class=GuardedPage, dependencies=SECURITY)
