"""A reverse proxy that serves the service under a prefix and strips it, as nginx and Traefik do."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

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
    server = uvicorn.Server(uvicorn.Config(proxy, host="127.0.0.1", port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "expected a proxy that starts"
            thread.join(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
