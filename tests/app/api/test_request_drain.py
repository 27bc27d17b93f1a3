"""What is still sent behind an answer: thrown away, within bounds, and the answer first."""

import anyio
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.request_drain import Lingering
from app.api.responses import json_response

PIECE = b"x" * 10


class Caller:
    """One that sends `pieces` of ten bytes, then the end of its body, or leaves, or falls silent."""

    def __init__(self, pieces: int, last: Message | None) -> None:
        self.left = pieces
        self.last = last
        self.got: list[Message] = []
        self.left_at_the_answer: int | None = None
        self.is_silent = anyio.Event()

    async def send(self, message: Message) -> None:
        if message.get("body"):
            self.left_at_the_answer = self.left
        self.got.append(message)

    async def receive(self) -> Message:
        if self.left > 0:
            self.left -= 1
            return {"type": "http.request", "body": PIECE, "more_body": True}
        if self.last is None:
            self.is_silent.set()
            await anyio.sleep_forever()
        assert self.last is not None
        return self.last


END: Message = {"type": "http.request", "body": b"", "more_body": False}
LEFT: Message = {"type": "http.disconnect"}
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


def _patient(app: ASGIApp, patience_s: float = 60.0) -> Lingering:
    return Lingering(app, most_bytes=100, patience_s=patience_s, most_waiting=1)


async def _ask(lingering: Lingering, caller: Caller, *headers: tuple[bytes, bytes]) -> dict[str, str]:
    given = list(headers or (CHUNKED,))
    scope = {"type": "http", "method": "POST", "path": "/v1/events", "headers": given}
    await lingering(scope, caller.receive, caller.send)
    start, *bodies = caller.got
    assert [message.get("more_body", False) for message in bodies] == [True] * (len(bodies) - 1) + [False]
    return {name.decode(): value.decode() for name, value in start["headers"]}


@pytest.mark.parametrize("last", [END, LEFT])
async def test_the_answer_comes_first_and_the_rest_is_read_to_its_end(last: Message) -> None:
    caller = Caller(8, last)
    headers = await _ask(_patient(_refuses), caller)
    assert (caller.left_at_the_answer, caller.left) == (8, 0)
    assert headers["connection"] == "close"
    assert b"".join(message.get("body", b"") for message in caller.got) == b'{"error":1}'


async def test_past_the_bytes_a_caller_is_cut_off() -> None:
    caller = Caller(1000, END)
    await _ask(_patient(_refuses), caller)
    assert caller.left == 1000 - 11  # the eleventh piece is the first past 100 bytes


async def test_past_the_time_a_caller_is_cut_off() -> None:
    caller = Caller(3, None)
    await _ask(_patient(_refuses, patience_s=0.05), caller)
    assert caller.left == 0 and caller.got[-1] == {
        "type": "http.response.body",
        "body": b"",
        "more_body": False,
    }


async def test_past_so_many_at_once_the_next_is_cut_off_at_once() -> None:
    lingering, silent, next_one, last = _patient(_refuses), Caller(2, None), Caller(8, END), Caller(8, END)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_ask, lingering, silent)
        await silent.is_silent.wait()
        headers = await _ask(lingering, next_one)
        tasks.cancel_scope.cancel()
    assert (next_one.left, headers["connection"]) == (8, "close")
    assert next_one.got[1].get("body") == b'{"error":1}'
    await _ask(lingering, last)  # the silent one has left: there is room again
    assert last.left == 0


async def test_a_caller_that_still_asks_whether_to_send_is_not_waited_for() -> None:
    caller = Caller(8, END)
    headers = await _ask(_patient(_refuses), caller, CHUNKED, ASKS_FIRST)
    assert (caller.left, headers["connection"]) == (8, "close")


async def test_a_caller_that_was_told_to_send_is_waited_for() -> None:
    caller = Caller(8, END)
    await _ask(_patient(_reads_a_piece), caller, CHUNKED, ASKS_FIRST)
    assert (caller.left_at_the_answer, caller.left) == (7, 0)


async def test_a_body_that_was_read_keeps_its_connection() -> None:
    caller = Caller(50, END)
    headers = await _ask(_patient(_reads), caller)
    assert "connection" not in headers and len(caller.got) == 2


@pytest.mark.parametrize("header", [(b"accept", b"*/*"), (b"content-length", b"0")])
async def test_without_a_body_nothing_is_waited_for(header: tuple[bytes, bytes]) -> None:
    caller = Caller(0, None)
    assert "connection" not in await _ask(_patient(_refuses), caller, header)
    assert len(caller.got) == 2
