"""The response comes first; the unread rest of the body is drained within limits."""

import anyio
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.request_drain import RequestDrain
from app.api.responses import json_response

PIECE = b"x" * 10


class Client:
    """A client that sends `pieces` of ten bytes, then the end of its body, or a disconnect, or nothing more."""

    def __init__(self, pieces: int, last: Message | None) -> None:
        self.unsent = pieces
        self.last = last
        self.received: list[Message] = []
        self.unsent_at_response: int | None = None
        self.is_silent = anyio.Event()

    async def send(self, message: Message) -> None:
        if message.get("body"):
            self.unsent_at_response = self.unsent
        self.received.append(message)

    async def receive(self) -> Message:
        if self.unsent > 0:
            self.unsent -= 1
            return {"type": "http.request", "body": PIECE, "more_body": True}
        if self.last is None:
            self.is_silent.set()
            await anyio.sleep_forever()
        assert self.last is not None
        return self.last


END: Message = {"type": "http.request", "body": b"", "more_body": False}
DISCONNECT: Message = {"type": "http.disconnect"}
CHUNKED = (b"transfer-encoding", b"chunked")
ASKS_FIRST = (b"expect", b"100-Continue")


async def _refuses(scope: Scope, receive: Receive, send: Send) -> None:
    await json_response({"error": 1}, 413)(scope, receive, send)


async def _reads(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body", False):
        pass
    await json_response({"read": 1})(scope, receive, send)


async def _reads_a_piece(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await json_response({"error": 1}, 413)(scope, receive, send)


def _drain(app: ASGIApp, timeout_s: float = 60.0) -> RequestDrain:
    return RequestDrain(app, max_bytes=100, timeout_s=timeout_s, max_drains=1)


async def _ask(drain: RequestDrain, client: Client, *headers: tuple[bytes, bytes]) -> dict[str, str]:
    given = list(headers or (CHUNKED,))
    scope = {"type": "http", "method": "POST", "path": "/v1/events", "headers": given}
    await drain(scope, client.receive, client.send)
    start, *bodies = client.received
    assert [message.get("more_body", False) for message in bodies] == [True] * (len(bodies) - 1) + [False]
    return {name.decode(): value.decode() for name, value in start["headers"]}


@pytest.mark.parametrize("last", [END, DISCONNECT])
async def test_the_answer_comes_first_and_the_rest_is_read_to_its_end(last: Message) -> None:
    client = Client(8, last)
    headers = await _ask(_drain(_refuses), client)
    assert (client.unsent_at_response, client.unsent) == (8, 0)
    assert headers["connection"] == "close"
    assert b"".join(message.get("body", b"") for message in client.received) == b'{"error":1}'


async def test_past_the_bytes_a_client_is_cut_off() -> None:
    client = Client(1000, END)
    await _ask(_drain(_refuses), client)
    assert client.unsent == 1000 - 11  # the eleventh piece is the first past 100 bytes


async def test_past_the_time_a_client_is_cut_off() -> None:
    client = Client(3, None)
    await _ask(_drain(_refuses, timeout_s=0.05), client)
    assert client.unsent == 0 and client.received[-1] == {
        "type": "http.response.body",
        "body": b"",
        "more_body": False,
    }


async def test_past_so_many_at_once_the_next_is_cut_off_at_once() -> None:
    drain, silent, next_one, last = _drain(_refuses), Client(2, None), Client(8, END), Client(8, END)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_ask, drain, silent)
        await silent.is_silent.wait()
        headers = await _ask(drain, next_one)
        tasks.cancel_scope.cancel()
    assert (next_one.unsent, headers["connection"]) == (8, "close")
    assert next_one.received[1].get("body") == b'{"error":1}'
    await _ask(drain, last)  # the silent one has left: there is room again
    assert last.unsent == 0


async def test_a_client_that_still_asks_whether_to_send_is_not_waited_for() -> None:
    client = Client(8, END)
    headers = await _ask(_drain(_refuses), client, CHUNKED, ASKS_FIRST)
    assert (client.unsent, headers["connection"]) == (8, "close")


async def test_a_client_that_was_told_to_send_is_waited_for() -> None:
    client = Client(8, END)
    await _ask(_drain(_reads_a_piece), client, CHUNKED, ASKS_FIRST)
    assert (client.unsent_at_response, client.unsent) == (7, 0)


async def test_a_body_that_was_read_keeps_its_connection() -> None:
    client = Client(50, END)
    headers = await _ask(_drain(_reads), client)
    assert "connection" not in headers and len(client.received) == 2


@pytest.mark.parametrize("header", [(b"accept", b"*/*"), (b"content-length", b"0")])
async def test_without_a_body_nothing_is_waited_for(header: tuple[bytes, bytes]) -> None:
    client = Client(0, None)
    assert "connection" not in await _ask(_drain(_refuses), client, header)
    assert len(client.received) == 2
