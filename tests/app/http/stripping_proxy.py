"""A reverse proxy that serves the service under a prefix and strips it, as nginx and Traefik do."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.app.http.server_thread import serve_in_thread

HOP_HEADERS = ("content-length", "connection", "transfer-encoding")


@contextmanager
def proxying(upstream: str, prefix: str, headers: dict[str, str]) -> Iterator[httpx.Client]:
    """A client of the proxy, which adds `headers` to every request that it passes on."""

    async def forward(request: Request) -> Response:
        kept = {name: value for name, value in request.headers.items() if name not in HOP_HEADERS}
        async with httpx.AsyncClient(base_url=upstream, timeout=30) as client:
            answer = await client.request(
                request.method,
                request.url.path.removeprefix(prefix),
                params=request.query_params,
                content=await request.body(),
                headers={**kept, **headers},
            )
        return Response(
            answer.content, answer.status_code, {"content-type": answer.headers.get("content-type", "")}
        )

    proxy = Starlette(routes=[Route(f"{prefix}/{{path:path}}", forward, methods=["GET", "POST"])])
    with serve_in_thread(proxy) as client:
        yield client
