"""An application on a free port, served by a thread of this process."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn
from starlette.types import ASGIApp, Scope

from app.errors import ChorusError
from app.transport.connection_limits import ConnectionLimits
from app.transport.http_protocol import Refuse, make_protocol


def _refuse_none(_target: bytes, _headers: list[tuple[bytes, bytes]]) -> None:
    return None


def _reserve_none(_scope: Scope) -> None:
    return None


@contextmanager
def serve_in_thread(
    app: ASGIApp,
    limits: ConnectionLimits | None = None,
    refuse: Refuse | None = None,
    certificate: Path | None = None,
) -> Iterator[httpx.Client]:
    """A client of the application, which ends with the block. Connections are those of the real service.

    `certificate`: a PEM file with a self-signed certificate for 127.0.0.1 and its key; the server then speaks HTTPS.
    """
    refusals: list[ChorusError] = []
    protocol = make_protocol(
        limits or ConnectionLimits(), refuse or _refuse_none, _reserve_none, refusals.append
    )
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_config=None,
        access_log=False,
        http=protocol,
        ssl_certfile=certificate,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "expected a server that starts"
            thread.join(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        scheme = "http" if certificate is None else "https"
        verify = True if certificate is None else ssl.create_default_context(cafile=certificate)
        with httpx.Client(base_url=f"{scheme}://127.0.0.1:{port}", timeout=30, verify=verify) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
