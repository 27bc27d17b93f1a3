"""A body past the limit, from callers that send first and read later: each of them gets to read its 413."""

import http.client
import json
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing

import httpx
import pytest

Serve = Callable[..., AbstractContextManager[httpx.Client]]
LARGE = 5 << 20  # more than the sockets' buffers hold, and than the default limit
HEAD = "POST /v1/recommend HTTP/1.1\r\nHost: chorus\r\nContent-Type: application/json\r\n"


def _code(body: bytes) -> str:
    code: str = json.loads(body)["error"]["code"]
    return code


def _connected(service: httpx.Client) -> socket.socket:
    return socket.create_connection((service.base_url.host, service.base_url.port or 80), timeout=30)


def _read(connection: socket.socket) -> bytes:
    """All of an answer, to the end of the connection."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def test_urllib_reads_413_each_time(service: httpx.Client) -> None:
    asked = urllib.request.Request(
        f"{service.base_url}/v1/recommend", b" " * LARGE, {"content-type": "application/json"}
    )
    for _ in range(10):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked, timeout=30)
        with closing(refused.value) as answer:
            assert answer.code == 413 and _code(answer.read()) == "payload_too_large"


def test_a_body_in_chunks_gets_413_too(service: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(LARGE >> 16):
            yield b" " * (1 << 16)

    address = f"{service.base_url.host}:{service.base_url.port}"
    with closing(http.client.HTTPConnection(address, timeout=30)) as connection:
        headers = {"content-type": "application/json", "connection": "close"}
        connection.request("POST", "/v1/recommend", pieces(), headers, encode_chunked=True)
        answer = connection.getresponse()
        assert answer.status == 413 and _code(answer.read()) == "payload_too_large"


def test_a_caller_that_asks_before_it_sends_need_not_send(service: httpx.Client) -> None:
    with _connected(service) as connection:
        connection.sendall(f"{HEAD}Content-Length: {LARGE}\r\nExpect: 100-continue\r\n\r\n".encode())
        first = connection.recv(65536)
        assert first.startswith(b"HTTP/1.1 413 ")
        assert b"100 Continue" not in first + _read(connection)


def test_a_caller_that_leaves_takes_nothing_along(serve: Serve) -> None:
    with serve(max_body_bytes=2048, max_concurrency=1) as service:
        for _ in range(3):
            with _connected(service) as connection:
                connection.sendall(f"{HEAD}Content-Length: {LARGE}\r\n\r\n".encode() + b" " * 4096)
            assert service.post("/v1/recommend", json={"user_id": "1"}).status_code == 200


def test_a_refusal_for_another_reason_is_readable_too(serve: Serve) -> None:
    with serve(api_key="s3cret", max_body_bytes=2 * LARGE) as service, _connected(service) as connection:
        connection.sendall(f"{HEAD}Content-Length: {LARGE}\r\nConnection: close\r\n\r\n".encode())
        connection.sendall(b" " * LARGE)
        assert _read(connection).startswith(b"HTTP/1.1 401 ")


def test_a_body_that_does_not_come_in_time_is_told_so_at_once(serve: Serve) -> None:
    with serve(body_timeout_s=0.2) as service, _connected(service) as connection:
        connection.sendall(f"{HEAD}Content-Length: 100\r\n\r\n".encode() + b" ")
        assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")
