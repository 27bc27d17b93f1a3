"""Routes that check the API key: those under /v1, before they read the body, and the pages about the service."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from app.api.api_keys import EVENTS, ROLE, SECURITY, check_key, check_page_key
from app.api.request_body import JSON, TEXT, JsonRequest, read_body
from app.api.responses import route_template
from app.config import Settings

Handle = Callable[[Request], Coroutine[Any, Any, Response]]


class GuardedRoute(APIRoute):
    """A route that requires the API key if one is set.

    FastAPI reads a body before it resolves dependencies, so the key is checked here, before the body is read.
    """

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()
        has_body = self.body_field is not None

        async def guard(request: Request) -> Response:
            settings: Settings = request.state.service.settings
            request.scope[ROLE] = check_key(request, settings)
            if has_body:
                # A beacon of a web page has no other type than text without a preflight request.
                types = (JSON, TEXT) if route_template(request.scope) == EVENTS else (JSON,)
                request = JsonRequest(request.scope, request.receive)
                await read_body(request, settings.body_timeout_s, types)
            return await handle(request)

        return guard


class GuardedPage(APIRoute):
    """A page about the service, which requires the API key if one is set and the settings do not open the page."""

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()

        async def guard(request: Request) -> Response:
            settings: Settings = request.state.service.settings
            if self.path not in settings.open_paths:
                check_page_key(request.headers, settings)
            return await handle(request)

        return guard


def make_guarded_router(tag: str) -> APIRouter:
    """A router of guarded routes under /v1."""
    return APIRouter(prefix="/v1", tags=[tag], route_class=GuardedRoute, dependencies=SECURITY)


def make_page_router(tag: str) -> APIRouter:
    """A router of guarded pages."""
    return APIRouter(tags=[tag], route_class=GuardedPage, dependencies=SECURITY)
