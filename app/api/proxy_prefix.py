"""ASGI middleware: the prefix that a proxy strips from paths, so that /docs and OpenAPI name the public paths."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.peer import is_trusted, read_address
from app.api.responses import ERROR_CODE, error_response
from app.errors import InvalidRequestError
from app.path_prefix import EXPECTED, MAX_LENGTH, parse_prefix

HEADER = "x-forwarded-prefix"


class ProxyPrefix:
    """Sets the scope's `root_path`, and `path` with it, from the configured prefix or else from X-Forwarded-Prefix.

    The header counts from a trusted proxy alone. Several proxies may each add a prefix: "/outer, /inner". A proxy
    that passes the configured prefix on is served, too.
    """

    def __init__(
        self, app: ASGIApp, root_path: str | None, trusted: Sequence[IPv4Network | IPv6Network]
    ) -> None:
        self.app = app
        self.root_path = root_path
        self.trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                prefix = self._find_prefix(scope)
            except ValueError:
                refusal = _describe_header(scope)
                scope[ERROR_CODE] = refusal.code
                await error_response(refusal)(scope, receive, send)
                return
            path: str = scope["path"]
            if self.root_path is not None and path.startswith(f"{self.root_path}/"):
                path = path.removeprefix(self.root_path)
            # In place, since the middleware outside reads the matched route from this scope.
            # ASGI's `path` includes `root_path`.
            scope["root_path"], scope["path"] = prefix, prefix + path
        await self.app(scope, receive, send)

    def _find_prefix(self, scope: Scope) -> str:
        """Raises ValueError if the header of a trusted proxy is not a path."""
        if self.root_path is not None:
            return self.root_path
        given = Headers(scope=scope).get(HEADER)
        if given is None or not self._is_trusted(scope):
            return ""
        return parse_prefix("".join(parse_prefix(part) for part in given[: 4 * MAX_LENGTH].split(",")))

    def _is_trusted(self, scope: Scope) -> bool:
        address = read_address(scope)
        return address is not None and is_trusted(address, self.trusted)


def _describe_header(scope: Scope) -> InvalidRequestError:
    given = Headers(scope=scope).get(HEADER, "")
    return InvalidRequestError(f"{EXPECTED}, given {given[:80]!r}", "X-Forwarded-Prefix")
