import asyncio
from collections.abc import AsyncIterator

import pytest

from benchmarks.serving.calls import Call
from benchmarks.serving.load import (
    BrokenAnswerError,
    Sample,
    ask_at,
    ask_in_turn,
    ask_once,
    find_length,
    read_body,
    read_status,
)

LIST = Call(b"POST /list HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}", is_list=True)
EVENT = Call(b"POST /event HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}", is_list=False)
FAULT = Call(b"POST /fault HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}", is_list=True)
END = Call(b"POST /end HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}", is_list=True)


class TinyServer:
    """Answers by path, in two pieces, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.asked_ten = asyncio.Event()
        self.connections = 0
        self.holds = asyncio.Event()
        self.holds.set()
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while head := await self.read_head(reader):
            path = head.split()[1].decode()
            await reader.readexactly(2)
            self.asked.append(path)
            if len(self.asked) == 10:
                self.asked_ten.set()
            await self.holds.wait()
            if path == "/end":
                break
            status = b"500 No" if path == "/fault" else b"200 OK"
            writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 4\r\nx: y\r\n\r\nab")
            await writer.drain()
            writer.write(b"cd")
        writer.close()

    async def read_head(self, reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""


@pytest.fixture
async def server() -> AsyncIterator[TinyServer]:
    tiny = TinyServer()
    listening = await asyncio.start_server(tiny.serve, "127.0.0.1", 0)
    tiny.port = listening.sockets[0].getsockname()[1]
    yield tiny
    listening.close()


async def test_an_answer_comes_whole(server: TinyServer) -> None:
    answer = await ask_once(server.port, LIST.raw)
    assert (read_status(answer), read_body(answer)) == (200, b"abcd")


async def test_each_connection_waits_for_its_answer_and_lists_alone_count(server: TinyServer) -> None:
    sample = await ask_in_turn(server.port, [EVENT, LIST, LIST] * 4, connections=3, seconds=0.2)
    assert server.connections == 3
    assert sample.calls == len(server.asked)
    assert len(sample.latencies) == server.asked.count("/list")
    assert sample.failed == 0
    assert sample.seconds >= 0.2
    assert sample.rate == pytest.approx(len(sample.latencies) / sample.seconds)
    assert sample.call_rate > sample.rate


async def test_a_failed_call_is_counted_and_is_no_answer(server: TinyServer) -> None:
    sample = await ask_in_turn(server.port, [FAULT], connections=1, seconds=0.05)
    assert sample.failed == sample.calls > 0
    assert sample.latencies == []


async def test_a_closed_connection_is_an_error(server: TinyServer) -> None:
    with pytest.raises(BrokenAnswerError):
        await ask_once(server.port, END.raw)


async def test_the_open_loop_sends_at_its_rate_whatever_the_server_does(server: TinyServer) -> None:
    server.holds.clear()
    load = asyncio.create_task(ask_at(server.port, [LIST], rate=50.0, seconds=0.2))
    await server.asked_ten.wait()  # 50 a second for 0.2 s, none of which is answered
    server.holds.set()
    sample = await load
    assert len(sample.latencies) == 10
    # The first one was due before the last one, and all were answered at the same moment.
    assert max(sample.latencies) - min(sample.latencies) > 100


async def test_the_open_loop_counts_broken_calls_and_goes_on(server: TinyServer) -> None:
    sample = await ask_at(server.port, [LIST, END], rate=100.0, seconds=0.1)
    assert sample.failed == 5
    assert len(sample.latencies) == 5


@pytest.mark.parametrize(
    ("received", "length"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n", -1),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n", 41),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\na: b\r\n\r\nabc", 60),
    ],
)
def test_the_length_of_an_answer_is_that_of_head_and_body(received: bytes, length: int) -> None:
    expected = length if length < 0 else received.index(b"\r\n\r\n") + 4 + int(received.split()[4])
    assert find_length(bytearray(received)) == expected


def test_an_answer_without_a_length_is_an_error() -> None:
    with pytest.raises(BrokenAnswerError, match="content-length"):
        find_length(bytearray(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"))


def test_rates_and_percentiles_by_hand() -> None:
    sample = Sample(seconds=2.0, latencies=[4.0, 1.0, 3.0, 2.0, 5.0], calls=6, cpu_s=0.01)
    assert sample.rate == 2.5
    assert sample.call_rate == 3.0
    assert sample.percentile(50) == 3.0
    assert sample.percentile(75) == 4.0
    assert sample.percentile(90) == pytest.approx(4.6)  # 0.6 of the way from 4 to 5
    assert sample.cpu_us == pytest.approx(2000)
