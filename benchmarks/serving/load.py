"""The load generator: HTTP/1.1 over raw connections, as closed loops and at a fixed rate."""

import asyncio
import time
from collections import deque
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, TypeVar, cast

import numpy as np
import uvloop

from benchmarks.serving.calls import Call, split_calls
from models.contract.arrays import Doubles

Result = TypeVar("Result")

MOST_CONNECTIONS = 256
"""Connections of the open loop. A call that finds all of them waiting waits too, which counts in its latency."""
DRAIN_S = 10.0
"""How long the open loop waits for the last answers; what is not answered by then took at least that long."""
SPIN_S = 0.0015
"""Before the moment of a call the generator polls instead of sleeping, as timers are a millisecond late."""


class BrokenAnswerError(Exception):
    """The server closed the connection, or sent something other than an answer with a length."""


class Connection(asyncio.Protocol):
    """A connection with at most one call on its way."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._length = -1  # of head and body together, once the head has come
        self._waiter: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def ask(self, raw: bytes) -> "asyncio.Future[bytes]":
        """The whole answer to a request. Raises BrokenAnswerError."""
        self._waiter = asyncio.get_running_loop().create_future()
        transport = cast(asyncio.Transport, self._transport)
        if transport.is_closing():
            self._waiter.set_exception(BrokenAnswerError("expected an open connection, given a closed one"))
        else:
            transport.write(raw)
        return self._waiter

    def data_received(self, data: bytes) -> None:
        """Give the answer to its caller when it is whole."""
        self._received += data
        if self._length < 0:
            self._length = find_length(self._received)
        if 0 <= self._length <= len(self._received):
            answer, self._received, self._length = bytes(self._received), bytearray(), -1
            waiter, self._waiter = self._waiter, None
            if waiter is not None and not waiter.done():
                waiter.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the call on its way."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(BrokenAnswerError(f"expected an answer, given {exc or 'the end'}"))

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()


def find_length(received: bytearray) -> int:
    """The bytes of an answer with its head; -1 until the head is whole. Raises BrokenAnswerError without a length."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return -1
    head = bytes(received[:end]).lower()
    _, found, rest = head.partition(b"\r\ncontent-length:")
    if not found:
        raise BrokenAnswerError(f"expected an answer with content-length, given {head[:80]!r}")
    return end + 4 + int(rest.partition(b"\r\n")[0])


def read_status(answer: bytes) -> int:
    """The status of an answer."""
    return int(answer[9:12])


def read_body(answer: bytes) -> bytes:
    """The body of an answer."""
    return answer.partition(b"\r\n\r\n")[2]


@dataclass(slots=True)
class Sample:
    """The lists of one measurement. Events count in its time and among the failed calls."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)  # ms of the lists that were answered with 200
    calls: int = 0
    failed: int = 0
    cpu_s: float = 0.0
    """Processor seconds of the server meanwhile, where they are known."""

    @property
    def rate(self) -> float:
        """Lists a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    @property
    def call_rate(self) -> float:
        """Calls a second, with the events."""
        return self.calls / self.seconds if self.seconds else 0.0

    @property
    def cpu_us(self) -> float:
        """Processor microseconds of the server for a list, its share of the events included; NaN without lists."""
        return self.cpu_s / len(self.latencies) * 1e6 if self.latencies else float("nan")

    def percentile(self, share: float) -> float:
        """Milliseconds that this share of the lists, in percent, took at most; NaN without lists."""
        taken: Doubles = np.asarray(self.latencies, dtype=np.float64)
        return float(np.percentile(taken, share)) if len(taken) else float("nan")

    def take(self, call: Call, answer: bytes, took_s: float) -> None:
        """Count one answer."""
        self.calls += 1
        if read_status(answer) != 200:
            self.failed += 1
        elif call.is_list:
            self.latencies.append(took_s * 1000)


async def open_connection(port: int) -> Connection:
    """A connection to a server of this machine."""
    _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
    return connection


async def ask_in_turn(port: int, calls: Sequence[Call], connections: int, seconds: float) -> Sample:
    """A closed loop: each connection sends its next call when the one before is answered."""
    sample = Sample()
    opened = [await open_connection(port) for _ in range(connections)]
    began = time.perf_counter()
    ends = began + seconds

    async def ask(connection: Connection, part: Sequence[Call]) -> None:
        for call in cycle(part):
            sent = time.perf_counter()
            if sent >= ends:
                return
            answer = await connection.ask(call.raw)
            sample.take(call, answer, time.perf_counter() - sent)

    await asyncio.gather(*map(ask, opened, split_calls(calls, connections)))
    sample.seconds = time.perf_counter() - began
    for connection in opened:
        connection.close()
    return sample


async def ask_at(port: int, calls: Sequence[Call], rate: float, seconds: float) -> Sample:
    """An open loop: calls are due at a fixed rate, and a latency counts from that moment, whoever was late."""
    sample, free, waiting = Sample(seconds), deque[Connection](), set[asyncio.Task[None]]()
    for _ in range(MOST_CONNECTIONS):
        free.append(await open_connection(port))
    opened, began = list(free), time.perf_counter()

    async def ask(connection: Connection, call: Call, due: float) -> None:
        try:
            sample.take(call, await connection.ask(call.raw), time.perf_counter() - due)
        except BrokenAnswerError:
            sample.failed += 1
            connection = await open_connection(port)
            opened.append(connection)
        free.append(connection)

    for number, call in zip(range(int(rate * seconds)), cycle(calls), strict=False):
        due = began + number / rate
        if not await is_free(free, due, began + seconds + DRAIN_S):
            sample.failed += 1
            continue
        task = asyncio.create_task(ask(free.popleft(), call, due))
        waiting.add(task)
        task.add_done_callback(waiting.discard)
    _, late = await asyncio.wait(waiting, timeout=DRAIN_S) if waiting else ((), set())
    for task in late:
        task.cancel()
        sample.failed += 1
        sample.latencies.append(DRAIN_S * 1000)
    for connection in opened:
        connection.close()
    return sample


async def is_free(free: "deque[Connection]", due: float, until: float) -> bool:
    """Wait for the moment of a call and for a free connection; False if there is none at `until`."""
    while (early := due - time.perf_counter()) > 0 or not free:
        if due - early > until:
            return False
        await asyncio.sleep(max(0.0, early - SPIN_S))
    return True


async def ask_once(port: int, raw: bytes) -> bytes:
    """The answer to one request on a new connection."""
    connection = await open_connection(port)
    try:
        return await connection.ask(raw)
    finally:
        connection.close()


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run the generator's work on an event loop that costs little."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
