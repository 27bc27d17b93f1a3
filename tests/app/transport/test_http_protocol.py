"""Connections over real sockets: what a peer may send, and for how long."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.errors import ChorusError, OverloadedError
from app.transport.connection_limits import ConnectionLimits, OpenConnections
from tests.app.http.server_thread import serve_in_thread

LIMITS = ConnectionLimits(
    max_header_bytes=2048,
    header_timeout_s=0.3,
    write_timeout_s=0.3,
)
LARGE = 1 << 20
Connect = Callable[[], socket.socket]


def _refuse_full(target: bytes, _headers: list[tuple[bytes, bytes]]) -> ChorusError | None:
    return OverloadedError("expected a shorter queue", wait_s=7) if target == b"/full" else None


async def _echo(request: Request) -> Response:
    return PlainTextResponse(await request.body())


async def _flood(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(1_000):
        await send({"type": "http.response.body", "body": b"x" * LARGE, "more_body": True})


@pytest.fixture(scope="module")
def server() -> Iterator[httpx.Client]:
    app = Starlette(routes=[Route("/echo", _echo, methods=["GET", "POST"]), Route("/flood", _flood)])
    with serve_in_thread(app, LIMITS, _refuse_full) as client:
        yield client


@pytest.fixture
def connect(server: httpx.Client) -> Iterator[Connect]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(
            socket.create_connection((server.base_url.host, server.base_url.port or 0), timeout=10)
        )


def _send(connection: socket.socket, *parts: bytes) -> None:
    """Send until the peer closes."""
    try:
        for part in parts:
            connection.sendall(part)
    except ConnectionError:
        pass


def _read(connection: socket.socket) -> bytes:
    received = b""
    while piece := connection.recv(1 << 16):
        received += piece
    return received


def _refused(answer: bytes, status: int, code: str) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    for header in (b"x-request-id: ", b"connection: close", b"content-type: application/json"):
        assert header in head.lower()
    assert json.loads(body)["error"]["code"] == code


@pytest.mark.parametrize(
    "head",
    [
        b"GET /echo HTTP/1.1\r\nX-Long: " + b"a" * LARGE,
        b"GET /echo HTTP/1.1\r\nX-Long: " + b"a" * 2048 + b"\r\n\r\n",
        b"GET /echo HTTP/1.1\r\n" + b"X-Many: a\r\n" * 1000 + b"\r\n",
        b"GET /" + b"a" * LARGE + b" HTTP/1.1\r\n\r\n",
        b"GET /echo HTTP/1.1\r\n" + b"a" * LARGE,
    ],
)
def test_a_head_over_the_limit_gets_431(connect: Connect, head: bytes) -> None:
    connection = connect()
    _send(connection, *(head[at : at + 1024] for at in range(0, len(head), 1024)))
    _refused(_read(connection), 431, "headers_too_large")


def test_a_head_within_the_limit_is_served(server: httpx.Client) -> None:
    answer = server.post("/echo", content=b"x" * LARGE, headers={"x-long": "a" * 1024})
    assert (answer.status_code, len(answer.content)) == (200, LARGE)


@pytest.mark.parametrize(
    "bytes_", [b"NONSENSE\r\n\r\n", b"\x16\x03\x01\x02\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\n\r\n"]
)
def test_what_is_not_http_gets_400_as_json(connect: Connect, bytes_: bytes) -> None:
    connection = connect()
    connection.sendall(bytes_)
    _refused(_read(connection), 400, "invalid_http")


def test_a_head_that_does_not_arrive_gets_408_and_silence_is_closed(connect: Connect) -> None:
    slow, silent = connect(), connect()
    slow.sendall(b"GET /echo HTTP/1.1\r\nX-Slow")
    _refused(_read(slow), 408, "request_timeout")
    assert _read(silent) == b""


def test_a_second_head_that_does_not_arrive_is_closed_too(connect: Connect) -> None:
    connection = connect()
    connection.sendall(b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
    assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
    connection.sendall(b"GET /ec")
    _refused(_read(connection), 408, "request_timeout")


def test_one_peer_cannot_take_every_connection() -> None:
    app = Starlette(routes=[Route("/echo", _echo)])
    with serve_in_thread(app, ConnectionLimits(max_peer_connections=2)) as client:
        address = (client.base_url.host, client.base_url.port or 0)
        with socket.create_connection(address, timeout=10) as kept:
            assert client.get("/echo").status_code == 200  # the second connection, which is kept alive
            with socket.create_connection(address, timeout=10) as third:
                _refused(_read(third), 503, "too_many_connections")
            kept.sendall(b"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert _read(kept).startswith(b"HTTP/1.1 200 ")
        with socket.create_connection(address, timeout=10) as next_one:
            next_one.sendall(b"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert _read(next_one).startswith(b"HTTP/1.1 200 ")


def test_a_request_refused_by_its_head_keeps_its_connection(connect: Connect) -> None:
    connection = connect()
    for _ in range(2):
        connection.sendall(b"POST /full HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")
        answer = connection.recv(1 << 16)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 7" in answer and b"connection: close" not in answer
    connection.sendall(b"POST /full HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nb")
    assert b"connection: close" in connection.recv(1 << 16)


def test_refusals_keep_their_order_and_the_framing_of_the_request(connect: Connect) -> None:
    """Refused, served and refused in one piece; then a refusal of HEAD has no body, and one of HTTP/1.0 is the last."""
    full = b"POST /full HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"
    echo = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    connection = connect()
    connection.sendall(
        full + echo + full + b"HEAD /full HTTP/1.1\r\nHost: a\r\n\r\nGET /full HTTP/1.0\r\n\r\n"
    )
    answers = _read(connection).split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"503", b"200", b"503", b"503", b"503"]
    assert [b"overloaded" in answer for answer in answers] == [True, False, True, False, True]
    assert answers[1].endswith(b"hello") and answers[3].endswith(b"\r\n\r\n")
    assert b"connection: close" in answers[4]


def test_a_request_to_upgrade_keeps_its_body(connect: Connect) -> None:
    connection = connect()
    connection.sendall(
        b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        b"HTTP2-Settings: AAEAAEAA\r\nContent-Length: 4\r\n\r\nbody"
    )
    assert connection.recv(1 << 16).endswith(b"\r\n\r\nbody")
    connection.sendall(b"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert _read(connection).startswith(b"HTTP/1.1 200 ")


def test_a_peer_that_does_not_read_is_dropped(connect: Connect) -> None:
    """The application would send 1,000 MB. The peer reads only after the time limit, and then as much as was sent."""
    connection = connect()
    connection.sendall(b"GET /flood HTTP/1.1\r\nHost: a\r\n\r\n")
    assert connection.recv(1)
    time.sleep(3 * LIMITS.write_timeout_s)
    received = 0
    try:
        while piece := connection.recv(1 << 16):
            received += len(piece)
    except ConnectionError:
        pass
    assert received < 100 * LARGE


def test_connections_are_counted_by_peer() -> None:
    counts = OpenConnections(ConnectionLimits(max_connections=3, max_peer_connections=2))
    assert [counts.admit(peer) for peer in ("a", "a", "a", "b", "b")] == [True, True, False, True, False]
    assert len(counts) == 3
    counts.release("a")
    assert [counts.admit(peer) for peer in ("b", "b")] == [True, False]
    for peer in ("a", "b", "b"):
        counts.release(peer)
    assert len(counts) == 0
