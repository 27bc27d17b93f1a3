"""The API keys of a request: which role they give, and what a publishable key may do."""

import binascii
import secrets
from base64 import b64decode
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.params import Depends as Dependency
from fastapi.security import APIKeyHeader, APIKeyQuery, HTTPBearer
from pydantic import SecretStr
from starlette.datastructures import Headers

from app.api.responses import route_template
from app.config import Settings
from app.errors import ForbiddenError, UnauthorizedError

EVENTS = "/v1/events"
"""The endpoint of `navigator.sendBeacon`, which cannot set headers: the key may stand in the query."""
PUBLISHABLE = frozenset({"/v1/recommend", "/v1/rank", EVENTS})
"""The endpoints of a publishable key."""
QUERY_KEY = "key"
ROLE = "chorus.role"
"""Key of the scope with the role of the caller."""
HEADER_KEY = "x-api-key"

# They describe the keys on the OpenAPI page. The routes check the keys, before they read a body.
SECURITY: list[Dependency] = [
    Security(HTTPBearer(auto_error=False, scheme_name="bearer", description="CHORUS_API_KEY")),
    Security(APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="header")),
]
QUERY_SECURITY: Dependency = Security(
    APIKeyQuery(
        name=QUERY_KEY,
        auto_error=False,
        scheme_name="publishable",
        description="A publishable key, for navigator.sendBeacon",
    )
)


class Role(StrEnum):
    """The rights of a caller: everything, or recommend and send events."""

    SECRET = "secret"  # noqa: S105
    PUBLISHABLE = "publishable"


def check_key(request: Request, settings: Settings) -> Role:
    """The caller's role at an endpoint under /v1; without a configured key every caller may do everything.

    Raises UnauthorizedError without a known key, and ForbiddenError for a publishable key at another endpoint.
    """
    if settings.api_key is None:
        return Role.SECRET
    path, candidate = route_template(request.scope), _read_header(request.headers)
    if candidate is None and path == EVENTS:
        role = _find_role(request.query_params.get(QUERY_KEY), settings)
        role = (
            role if role is Role.PUBLISHABLE else None
        )  # a URL is logged: a secret key does not count there
    else:
        role = _find_role(candidate, settings)
    if role is None:
        raise UnauthorizedError(
            "expected the key as 'Authorization: Bearer ...' or X-API-Key, given none or another"
        )
    if role is Role.PUBLISHABLE and path not in PUBLISHABLE:
        raise ForbiddenError("expected the secret key for this endpoint, given a publishable key")
    return role


def check_page_key(headers: Headers, settings: Settings) -> None:
    """Check the key of a page outside /v1. A browser may send it as the password of Basic authentication.

    Raises UnauthorizedError without a known key, and ForbiddenError for a publishable key.
    """
    if settings.api_key is None:
        return
    role = _find_role(_read_header(headers) or _read_password(headers), settings)
    if role is None:
        raise UnauthorizedError(
            "expected the key as 'Authorization: Bearer ...', X-API-Key or a Basic password, given none or another",
            challenge='Basic realm="chorus", charset="UTF-8"',
        )
    if role is Role.PUBLISHABLE:
        raise ForbiddenError("expected the secret key for this page, given a publishable key")


async def get_role(request: Request) -> Role:
    """The role that the guarded route found."""
    role: Role = request.scope[ROLE]
    return role


Caller = Annotated[Role, Depends(get_role)]


def _read_header(headers: Headers) -> str | None:
    """The key of the headers, if they have one."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else headers.get(HEADER_KEY)


def _read_password(headers: Headers) -> str | None:
    """The password of Basic authentication; any user name will do."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return b64decode(token.strip()).decode("utf-8").partition(":")[2]
    except (binascii.Error, ValueError):
        return None


def _find_role(candidate: str | None, settings: Settings) -> Role | None:
    """The role of a key, compared in constant time with each known one."""
    if candidate is None or settings.api_key is None:
        return None
    if _is_among(candidate, (settings.api_key,)):
        return Role.SECRET
    return Role.PUBLISHABLE if _is_among(candidate, settings.publishable_keys) else None


def _is_among(candidate: str, keys: Iterable[SecretStr]) -> bool:
    given = candidate.encode()
    return any(secrets.compare_digest(given, key.get_secret_value().encode()) for key in keys)
