"""Routes under /v1, which check the API key before they read the body."""

import secrets
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import SecretStr
from starlette.datastructures import Headers

from app.api.request_body import JsonRequest, read_body
from app.config import Settings
from app.errors import UnauthorizedError


class GuardedRoute(APIRoute):
    """A route that requires the API key if one is set.

    FastAPI reads a body before it resolves dependencies, so the key is checked here, before the body is read.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        has_body = self.body_field is not None

        async def guard(request: Request) -> Response:
            settings: Settings = request.state.service.settings
            check_key(request.headers, settings.api_key)
            if has_body:
                request = JsonRequest(request.scope, request.receive)
                await read_body(request, settings.body_timeout_s)
            return await handle(request)

        return guard


def make_guarded_router(tag: str) -> APIRouter:
    """A router of guarded routes under /v1."""
    return APIRouter(prefix="/v1", tags=[tag], route_class=GuardedRoute)


def check_key(headers: Headers, key: SecretStr | None) -> None:
    """Raises UnauthorizedError unless the headers have the key. Without a key every request passes."""
    if key is None:
        return
    scheme, _, token = headers.get("authorization", "").partition(" ")
    candidate = token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")
    if not secrets.compare_digest(candidate.encode(), key.get_secret_value().encode()):
        raise UnauthorizedError(
            "expected the key as 'Authorization: Bearer ...' or X-API-Key, given none or another"
        )
