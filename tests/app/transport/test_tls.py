"""HTTPS with a real certificate, which the client verifies."""

import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.transport.connection_limits import ConnectionLimits
from tests.app.http.server_thread import serve_in_thread

OPENSSL = shutil.which("openssl")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    if OPENSSL is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    key, chain = tmp_path / "key.pem", tmp_path / "chain.pem"
    subprocess.run(
        [
            *(OPENSSL, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", key, "-out", chain, "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    chain.write_bytes(chain.read_bytes() + key.read_bytes())
    return chain


async def _scheme(request: Request) -> Response:
    return PlainTextResponse(request.url.scheme)


def test_a_verified_client_is_served_over_https(certificate: Path) -> None:
    app = Starlette(routes=[Route("/", _scheme)])
    with serve_in_thread(app, certificate=certificate) as client:
        assert client.get("/").text == "https"
        with (
            httpx.Client(base_url=client.base_url) as stranger,
            pytest.raises(httpx.ConnectError, match="CERT"),
        ):
            stranger.get("/")


def test_limits_hold_within_tls(certificate: Path) -> None:
    app = Starlette(routes=[Route("/", _scheme)])
    with serve_in_thread(app, ConnectionLimits(max_header_bytes=1024), certificate=certificate) as client:
        address = (client.base_url.host, client.base_url.port or 0)
        trust = ssl.create_default_context(cafile=certificate)
        with (
            socket.create_connection(address, 10) as plain,
            trust.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
        ):
            connection.sendall(b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 2048 + b"\r\n\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 431 ")
