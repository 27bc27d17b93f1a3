"""One connection: sends a request's bytes, reads the answer, and says what is wrong with it."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from tests.faults.error_shape import read_error
from tests.faults.generated.requests import Request

PATIENCE_S = 60.0
"""For the answer of a request that is whole."""
RAW_PATIENCE_S = 4.0
"""For the answers of bytes that may be no request, of which the service may rightly wait for more."""
PRESSURE = frozenset({"overloaded", "too_many_connections", "store_timeout", "unavailable"})
"""Documented 503s of a service that has too much to do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; status 0 where none came."""

    status: int
    headers: dict[str, str]
    body: bytes


NONE = Answer(0, {}, b"")


def find_fault(answer: Answer, request: Request, number: int) -> str | None:
    """What is wrong: no answer, that of another request, a 5xx, or an error that is not JSON; else None."""
    if answer.status == 0:
        return "no answer" if request.is_framed else None
    code = read_code(answer) if answer.status >= 400 else None
    # What is no HTTP to the parser has no headers, and its answer therefore an id of its own.
    is_whole = request.is_framed and code != "invalid_http"
    if is_whole and answer.headers.get("x-request-id") != str(number):
        return "an answer of another request"
    if answer.status < 400:
        return None
    if request.is_head:
        code = "head"
    if code is None:
        return f"an error {answer.status} that is not JSON"
    if answer.status >= 500 and not (answer.status == 503 and code in PRESSURE):
        return f"{answer.status} {code}"
    return None


def read_code(answer: Answer) -> str | None:
    """The code of an error answer; None if it has not the one shape of all errors."""
    if answer.headers.get("content-type") != "application/json":
        return None
    error = read_error(answer.body)
    return str(error["code"]) if error and error["code"] and error["message"] else None


class Connection:
    """A connection that is opened again whenever it was closed."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def exchange(self, request: Request) -> Answer:
        """The answer to a request that is whole, over the kept connection."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._address, limit=1 << 20)
        reader, writer = self._streams
        try:
            async with asyncio.timeout(PATIENCE_S):
                writer.write(request.raw)
                await writer.drain()
                answer = await read_answer(reader, request.is_head)
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError):
            answer = NONE
        if answer.headers.get("connection") == "close" or answer.status == 0:
            await self.close()
        return answer

    async def send_raw(self, request: Request) -> list[Answer]:
        """The answers to bytes on a connection of their own, until it ends or nothing more comes."""
        reader, writer = await asyncio.open_connection(*self._address, limit=1 << 20)
        answers: list[Answer] = []
        try:
            async with asyncio.timeout(RAW_PATIENCE_S):
                writer.write(request.raw)
                await writer.drain()
                while True:
                    answers.append(await read_answer(reader, is_head=False))
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError):
            return answers
        finally:
            await _end(writer)

    async def close(self) -> None:
        """End the connection."""
        if self._streams is not None:
            streams, self._streams = self._streams, None
            await _end(streams[1])


async def _end(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def read_answer(reader: asyncio.StreamReader, is_head: bool) -> Answer:
    """The next answer, after those that say `100 Continue`. Raises IncompleteReadError at the end."""
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ")[1])
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])
        }
        if status >= 200:
            break
    if is_head or status in (204, 304):
        return Answer(status, headers, b"")
    if headers.get("transfer-encoding") == "chunked":
        return Answer(status, headers, await _read_chunks(reader))
    return Answer(status, headers, await reader.readexactly(int(headers["content-length"])))


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return body
