"""Benchmark: good answers a second when more is asked than one process computes.

    python -m benchmarks.overload [BUNDLE] [--seconds S] [--rounds N] [--pin]

The callers do not wait for each other: requests leave at a fixed rate, each on a connection that is free, whatever
became of those before. An answer is good if it is a 200 within DEADLINE_S of the moment at which its request was due.
With --pin the service and its Redis have one core, and the generator has another one: else they take from each other.
Figures are medians of the rounds, since other work of the machine changes what a core can do within seconds.
"""

import argparse
import asyncio
import json
import os
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import numpy as np
from rich.console import Console
from rich.table import Table

from app.bundle.record_files import read_user_ids
from benchmarks.service import serve

DEADLINE_S = 1.0
STATED_MS = 800
"""What callers state in X-Request-Timeout-Ms: their deadline less the time of the answer's way."""
FACTORS = (1, 2, 5, 10)
CLOSED_CALLERS = 4
"""Callers who wait for their answers, by whom the capacity is measured."""
MOST_CONNECTIONS = 450
"""Fewer than CHORUS_MAX_PEER_CONNECTIONS. A request that finds all of them waiting is not sent, and counts as late."""
ROUNDS = 3
GOAL = 0.9
WHOLE = b'"degraded":[]'
"""In an answer that was made with all that is known of its user."""


@dataclass(slots=True)
class Outcome:
    """The answers to the requests of one rate."""

    seconds: float
    statuses: Counter[int] = field(default_factory=Counter)
    good_ms: list[float] = field(default_factory=list)
    refused_ms: list[float] = field(default_factory=list)
    degraded: int = 0

    @property
    def goodput(self) -> float:
        """Good answers a second."""
        return len(self.good_ms) / self.seconds

    @property
    def refused(self) -> float:
        """Refusals a second."""
        return (self.statuses[429] + self.statuses[503]) / self.seconds

    def take(self, status: int, took_s: float, body: bytes) -> None:
        """Count an answer; a 200 that came too late has status 0."""
        is_late = status == 200 and took_s > DEADLINE_S
        self.statuses[0 if is_late else status] += 1
        if status == 200 and not is_late:
            self.good_ms.append(took_s * 1000)
            self.degraded += WHOLE not in body
        elif not is_late:
            self.refused_ms.append(took_s * 1000)


class Caller(asyncio.Protocol):
    """A connection with at most one request on its way, which costs the generator as little as possible."""

    def __init__(self, free: "deque[Caller]") -> None:
        self._free = free
        self._waiting: tuple[float, Outcome] | None = None
        self._received = b""
        self._transport: asyncio.Transport | None = None
        self.answered: asyncio.Event | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def send(self, raw: bytes, due: float, outcome: Outcome) -> None:
        """Send a request that was due at a time of time.perf_counter."""
        self._waiting = due, outcome
        cast(asyncio.Transport, self._transport).write(raw)

    def data_received(self, data: bytes) -> None:
        """Count the answer when it is whole, and be free again."""
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or self._waiting is None:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        (due, outcome), self._waiting, self._received = self._waiting, None, b""
        outcome.take(int(head[9:12]), time.perf_counter() - due, body)
        if self.answered is not None:  # its user sends again, or gives it back
            self.answered.set()
        elif b"connection: close" not in head.lower():
            self._free.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self in self._free:
            self._free.remove(self)


class Callers:
    """Connections to one service, and the requests that are sent over them in turn."""

    def __init__(self, url: str, users: list[str]) -> None:
        address = urlsplit(url)
        self._address = str(address.hostname), int(address.port or 0)
        self._requests = [_render(user) for user in users]
        self._free: deque[Caller] = deque()

    async def open(self, count: int) -> None:
        """Open connections."""
        loop = asyncio.get_running_loop()
        for _ in range(count - len(self._free)):
            _, caller = await loop.create_connection(lambda: Caller(self._free), *self._address)
            self._free.append(caller)

    async def ask_waiting(self, seconds: float) -> Outcome:
        """Some callers, each of whom waits for its answer before it asks again."""
        outcome = Outcome(seconds)
        ends = time.perf_counter() + seconds

        async def ask(first: int) -> None:
            caller, number = self._free.popleft(), first
            caller.answered = asyncio.Event()
            while time.perf_counter() < ends:
                caller.answered.clear()
                caller.send(self._request(number), time.perf_counter(), outcome)
                await caller.answered.wait()
                number += CLOSED_CALLERS
            caller.answered = None
            self._free.append(caller)

        await self.open(CLOSED_CALLERS)
        await asyncio.gather(*(ask(number) for number in range(CLOSED_CALLERS)))
        return outcome

    async def ask_at(self, rate: float, seconds: float) -> Outcome:
        """Requests at a fixed rate, whatever becomes of them."""
        await self.open(MOST_CONNECTIONS)
        outcome, began = Outcome(seconds), time.perf_counter()
        sent, total = 0, int(rate * seconds)
        while sent < total:
            due_now = min(total, int((time.perf_counter() - began) * rate) + 1)
            for number in range(sent, due_now):
                due = began + number / rate
                if self._free:
                    self._free.popleft().send(self._request(number), due, outcome)
                else:
                    outcome.statuses[0] += 1
            sent = due_now
            await asyncio.sleep(0.001)
        await asyncio.sleep(2 * DEADLINE_S)
        return outcome

    def _request(self, number: int) -> bytes:
        return self._requests[number % len(self._requests)]


def _render(user: str) -> bytes:
    body = json.dumps({"user_id": user, "limit": 10}).encode()
    head = f"POST /v1/recommend HTTP/1.1\r\nhost: a\r\ncontent-length: {len(body)}\r\n"
    return (
        f"{head}content-type: application/json\r\nx-request-timeout-ms: {STATED_MS}\r\n\r\n".encode() + body
    )


async def measure(url: str, users: list[str], seconds: float, rounds: int) -> list[dict[str, Outcome]]:
    """For each round the outcome of callers who wait, and then of each multiple of their rate."""
    callers, measured = Callers(url, users), []
    await callers.ask_waiting(2.0)  # warm-up
    for _ in range(rounds):
        outcomes = {"in turn": await callers.ask_waiting(seconds)}
        capacity = outcomes["in turn"].goodput
        for factor in FACTORS:
            outcomes[f"{factor} x"] = await callers.ask_at(factor * capacity, seconds)
        measured.append(outcomes)
    return measured


def render(rounds: list[dict[str, Outcome]]) -> Table:
    """A row for each rate, with the median of the rounds; not good ones and degraded ones are the sums of them."""
    table = Table(
        "asked", "good/s", "of the best", "p99 ms", "refused/s", "refusal p50", "late, unsent", "degraded"
    )
    best = [max(outcome.goodput for outcome in outcomes.values()) for outcomes in rounds]
    for name in rounds[0]:
        row = [outcomes[name] for outcomes in rounds]
        shares = [outcome.goodput / most for outcome, most in zip(row, best, strict=True)]
        good_ms = [ms for outcome in row for ms in outcome.good_ms]
        refused_ms = [ms for outcome in row for ms in outcome.refused_ms]
        table.add_row(
            name,
            f"{np.median([outcome.goodput for outcome in row]):.0f}",
            f"{np.median(shares):.0%} ({min(shares):.0%}-{max(shares):.0%})",
            f"{np.percentile(good_ms, 99):.0f}" if good_ms else "-",
            f"{np.median([outcome.refused for outcome in row]):.0f}",
            f"{np.median(refused_ms):.1f}" if refused_ms else "-",
            str(sum(outcome.statuses[0] for outcome in row)),
            f"{sum(outcome.degraded for outcome in row) / max(1, len(good_ms)):.0%}",
        )
    return table


def choose_cores(pin: bool) -> tuple[set[int], set[int], str]:
    """The cores of the service and of the generator, and how to describe them."""
    cores = sorted(os.sched_getaffinity(0))
    if not pin:
        return set(cores), set(cores), f"service and generator share {len(cores)} cores"
    if len(cores) == 1:
        return set(cores), set(cores), "not pinned: expected two cores, given one, which they share"
    return {cores[0]}, {cores[1]}, f"service on core {cores[0]}, generator on core {cores[1]}"


def main(bundle: Path, seconds: float, rounds: int, pin: bool) -> None:
    """Run the benchmark and print the table."""
    users = read_user_ids(bundle)
    service_cores, own_cores, cores = choose_cores(pin)
    os.sched_setaffinity(0, service_cores)  # for the service, which inherits them
    with serve(bundle) as client:
        os.sched_setaffinity(0, own_cores)
        measured = asyncio.run(measure(str(client.base_url), users, seconds, rounds))
    Console(width=110).print(
        render(measured), cores, f"goal: at 10 x at least {GOAL:.0%} of the best", sep="\n"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overload")
    parser.add_argument("bundle", nargs="?", type=Path, default=Path("bundles/movielens-100k"))
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument(
        "--pin", action="store_true", help="one core for the service, another one for the generator"
    )
    args = parser.parse_args()
    main(args.bundle, args.seconds, args.rounds, args.pin)
