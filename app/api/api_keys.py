"""The API key of a request: where it stands, and whether its caller may use the route."""

import binascii
from base64 import b64decode
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.params import Depends as Dependency
from fastapi.security import APIKeyHeader, APIKeyQuery, HTTPBearer
from starlette.datastructures import Headers
from starlette.types import Scope

from app.access.access import Access
from app.access.caller import ANYBODY, Caller
from app.access.key_ring import Rejection
from app.access.roles import Role, Rule, find_rule
from app.api.peer import find_peer
from app.api.responses import route_template
from app.config import Settings
from app.errors import ForbiddenError, UnauthorizedError, WrongKeysError
from app.state.protocol import StateUnavailableError

EVENTS = "/v1/events"
"""The endpoint of `navigator.sendBeacon`, which cannot set headers: the key may stand in the query."""
QUERY_KEY = "key"
CALLER = "chorus.caller"
"""Key of the scope with the caller."""
PEER = "chorus.peer"
"""Key of the scope with the peer's address."""
HEADER_KEY = "x-api-key"
BASIC = 'Basic realm="chorus", charset="UTF-8"'

# They describe the keys on the OpenAPI page. The routes check the keys, before they read a body.
SECURITY: list[Dependency] = [
    Security(HTTPBearer(auto_error=False, scheme_name="bearer", description="A key with the route's role")),
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


def check_key(request: Request, settings: Settings, access: Access) -> None:
    """Put the caller of an endpoint under /v1 and the peer into the scope. Without keys every caller is ANYBODY.

    Raises UnauthorizedError without a valid key, WrongKeysError after too many wrong ones, ForbiddenError for a key
    without the route's role, and StateUnavailableError where it is not known yet whether a key is needed.
    """
    scope = request.scope
    scope[PEER] = find_peer(scope, settings.trusted_proxies)
    template = route_template(scope)
    rule = find_rule(scope["method"], template)
    if access.ring.is_open:
        _check_known(access, rule)
        scope[CALLER] = ANYBODY
        return
    token, in_query = _read_header(request.headers), False
    if token is None and template == EVENTS:
        token, in_query = request.query_params.get(QUERY_KEY), True
    caller = _require_caller(scope, access, token, "Bearer")
    if in_query and not caller.is_publishable:  # a URL is logged: another key does not count there
        raise UnauthorizedError("expected a publishable key in the query, given another")
    _check_role(caller, rule)
    scope[CALLER] = caller


def check_page_key(request: Request, settings: Settings, access: Access) -> None:
    """Check the key of a page outside /v1. A browser may send it as the password of Basic authentication.

    Raises UnauthorizedError, WrongKeysError or ForbiddenError.
    """
    if access.ring.is_open:
        return
    scope, headers = request.scope, request.headers
    scope[PEER] = find_peer(scope, settings.trusted_proxies)
    token = _read_header(headers) or _read_password(headers)
    _check_role(
        _require_caller(scope, access, token, BASIC), find_rule(scope["method"], route_template(scope))
    )


async def get_caller(request: Request) -> Caller:
    """The caller that the guarded route found."""
    caller: Caller = request.scope[CALLER]
    return caller


Calling = Annotated[Caller, Depends(get_caller)]


def _check_known(access: Access, rule: Rule) -> None:
    """Until the stored keys are known, only what reads nothing of a user and changes nothing is open.

    Raises StateUnavailableError.
    """
    if not access.ring.is_known and rule.roles.isdisjoint({Role.RECOMMEND, Role.EVENTS}):
        raise StateUnavailableError("expected to know from Redis whether a key is needed, given no answer")


def _require_caller(scope: Scope, access: Access, token: str | None, challenge: str) -> Caller:
    """The caller of a valid key. Raises UnauthorizedError or WrongKeysError."""
    ways = "'Authorization: Bearer ...'" + (
        ", X-API-Key or a Basic password" if challenge == BASIC else " or X-API-Key"
    )
    if not token:
        raise UnauthorizedError(f"expected the key as {ways}, given none", challenge=challenge)
    found = access.ring.find(token)
    if isinstance(found, Caller):
        return found
    if found is not Rejection.UNKNOWN:  # only the holder of the key can have sent it: this is no guess
        raise UnauthorizedError(f"expected a valid key, given {found}", challenge=challenge)
    wait_s = access.wrong_keys.count(scope[PEER])
    if wait_s:
        message = "expected a valid key, given too many wrong ones from this address"
        raise WrongKeysError(message, wait_s=wait_s)
    raise UnauthorizedError(f"expected the key as {ways}, given {found}", challenge=challenge)


def _check_role(caller: Caller, rule: Rule) -> None:
    """Raises ForbiddenError."""
    if caller.may(rule):
        return
    if caller.is_publishable:
        raise ForbiddenError("expected a secret key for this endpoint, given a publishable key")
    if rule.is_installation and Role.ADMIN in caller.roles:
        raise ForbiddenError("expected a key without a tenant for the whole service, given one of a tenant")
    needed = " or ".join(sorted({*rule.roles, Role.ADMIN}))
    raise ForbiddenError(
        f"expected a key with the role {needed}, given one with {', '.join(sorted(caller.roles))}"
    )


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
