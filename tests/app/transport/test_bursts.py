"""A burst of requests, all of which arrive before the event loop works on the first of them."""

import asyncio
from typing import cast

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import ServerState

from app.api.dependencies import Load, RequestsInProgress
from app.api.patience import make_early_refusal, make_reservation
from app.api.request_drain import RequestDrain
from app.compute_queue import FIRST_ESTIMATE_S, ComputeQueue
from app.telemetry import Metrics
from app.transport.connection_limits import ConnectionLimits
from app.transport.http_protocol import BoundedHttpProtocol, make_protocol

PATIENCE_S = 4.2 * FIRST_ESTIMATE_S
"""Half of it is the work of two requests, so that a third one may still come."""
HEAD = b"POST /v1/recommend HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"


class Connection(asyncio.Transport):
    """The transport of one connection, which keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.1", 1)})
        self.written = b""
        self.is_answered = asyncio.Event()

    def write(self, data: object) -> None:
        self.written += cast(bytes, data)
        self.is_answered.set()

    def is_closing(self) -> bool:
        return False

    def resume_reading(self) -> None:
        """Everything is read at once."""

    pause_reading = close = resume_reading


class Burst:
    """Connections to an application, which answers 200 with no body unless it is given."""

    def __init__(self, app: ASGIApp | None = None) -> None:
        self.queue, self.metrics = ComputeQueue(1), Metrics()
        load = Load(self.queue, RequestsInProgress(100))
        self._make = make_protocol(
            ConnectionLimits(),
            make_early_refusal(load, PATIENCE_S),
            make_reservation(load),
            self.metrics.count_refusal,
        )
        self._config = uvicorn.Config(app or _answer, log_config=None, access_log=False, lifespan="off")
        self._config.load()

    def connect(self) -> tuple[BoundedHttpProtocol, Connection]:
        """A new connection."""
        protocol = self._make(config=self._config, server_state=ServerState(), app_state={})
        protocol.connection_made(connection := Connection())
        return protocol, connection


async def _answer(_scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await _refuse_key(_scope, receive, send, status=200)


async def _refuse_key(_scope: Scope, _receive: Receive, send: Send, status: int = 401) -> None:
    """Answer before the body has arrived."""
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


async def _answered(connections: list[Connection]) -> list[bytes]:
    async with asyncio.timeout(10):
        for connection in connections:
            await connection.is_answered.wait()
    return [connection.written[9:12] for connection in connections]


async def test_a_burst_is_admitted_only_as_far_as_the_queue_has_room() -> None:
    burst = Burst()
    pairs = [burst.connect() for _ in range(10)]
    for protocol, _ in pairs:
        protocol.data_received(HEAD + b"{}")
    refused = [connection for _, connection in pairs if connection.written]
    assert len(refused) == 7
    assert await _answered([connection for _, connection in pairs]) == [b"200"] * 3 + [b"503"] * 7
    assert burst.queue.expected_wait_s() == 0
    protocol, connection = pairs[9]  # the connection of a refused request goes on
    connection.written = b""
    connection.is_answered.clear()
    protocol.data_received(HEAD + b"{}")
    assert await _answered([connection]) == [b"200"]
    page = burst.metrics.render().decode()
    assert 'chorus_requests_total{endpoint="refused",method="any",status="503"} 7.0' in page
    assert 'chorus_errors_total{code="overloaded"} 7.0' in page


async def test_a_request_in_pieces_takes_its_place_with_the_last_one() -> None:
    burst = Burst()
    protocol, connection = burst.connect()
    for piece in (HEAD[:20], HEAD[20:], b"{"):
        protocol.data_received(piece)
        assert burst.queue.expected_wait_s() == 0
    protocol.data_received(b"}")
    assert burst.queue.expected_wait_s() > 0
    assert await _answered([connection]) == [b"200"]
    await asyncio.sleep(0)
    assert burst.queue.expected_wait_s() == 0


@pytest.mark.parametrize("app", [_refuse_key, RequestDrain(_refuse_key)])
async def test_a_body_that_arrives_after_its_answer_keeps_no_place(app: ASGIApp) -> None:
    """The application has ended, or it waits for the body so that the answer is not lost."""
    burst = Burst(app)
    protocol, connection = burst.connect()
    protocol.data_received(HEAD)
    assert await _answered([connection]) == [b"401"]
    protocol.data_received(b"{}")
    for _ in range(3):
        await asyncio.sleep(0)
    assert burst.queue.expected_wait_s() == 0


async def test_a_refused_request_takes_no_place_with_its_body() -> None:
    """One after another that was served, with a body that is too large to be refused without the application."""
    burst = Burst()
    protocol, connection = burst.connect()
    protocol.data_received(HEAD + b"{}")
    assert await _answered([connection]) == [b"200"]
    connection.is_answered.clear()
    places = [burst.queue.take_place() for _ in range(100)]
    expected = burst.queue.expected_wait_s()
    protocol.data_received(HEAD.replace(b"Length: 2", b"Length: 70000") + b"x" * 70_000)
    assert burst.queue.expected_wait_s() == expected
    connection.written = b""
    assert await _answered([connection]) == [b"503"]
    for place in places:
        place.give_up()


async def test_a_request_that_fails_gives_its_place_up() -> None:
    async def fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ZeroDivisionError

    burst = Burst(fail)
    protocol, connection = burst.connect()
    protocol.data_received(HEAD + b"{}")
    assert burst.queue.expected_wait_s() > 0
    assert await _answered([connection]) == [b"500"]
    assert burst.queue.expected_wait_s() == 0


async def test_a_request_inside_the_body_of_another_is_no_request() -> None:
    """The second piece would be a whole request, were it not the body of the first, which is refused."""
    burst = Burst()
    places = [burst.queue.take_place() for _ in range(100)]
    protocol, connection = burst.connect()
    inner = HEAD + b"{}"
    protocol.data_received(HEAD.replace(b"Length: 2", b"Length: %d" % len(inner)))
    protocol.data_received(inner)
    assert await _answered([connection]) == [b"503"]
    assert connection.written.count(b"HTTP/1.1 ") == 1
    for place in places:
        place.give_up()
