"""Routes that check the API key: those under /v1, before they read the body, and the pages about the service."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from app.api.api_keys import EVENTS, SECURITY, check_key, check_page_key
from app.api.audited_route import record_act
from app.api.dependencies import Service
from app.api.rate_limits import charge_request
from app.api.request_body import JSON, TEXT, JsonRequest, read_body
from app.api.responses import route_template

Handle = Callable[[Request], Coroutine[Any, Any, Response]]


class GuardedRoute(APIRoute):
    """A route that requires a key with its role where keys are configured, and that counts against the limits.

    FastAPI reads a body before it resolves dependencies, so all this comes first, before the body is read.
    """

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()
        has_body = self.body_field is not None

        async def guard(request: Request) -> Response:
            service: Service = request.state.service
            settings, access = service.settings, service.access
            check_key(request, settings, access)
            await charge_request(request, access)
            if has_body:
                # A beacon of a web page has no other type than text without a preflight request.
                types = (JSON, TEXT) if route_template(request.scope) == EVENTS else (JSON,)
                request = JsonRequest(request.scope, request.receive)
                await read_body(request, settings.body_timeout_s, types)
            return await record_act(request, access, handle)

        return guard


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
