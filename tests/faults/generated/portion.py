"""A portion: requests of consecutive numbers, sent over several connections, and the counts of their answers."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.faults.generated.exchange import PRESSURE, Answer, Connection, find_fault, read_code
from tests.faults.generated.requests import Request, RequestDrawer

CONNECTIONS = 8
RAW_CONNECTIONS = 64
SHOWN_BYTES = 4_000


@dataclass(slots=True)
class Counts:
    """What became of a portion's requests. `faults` has what must not be, with the bytes of the request."""

    requests: int = 0
    seconds: float = 0.0
    kinds: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    pressure: int = 0
    faults: list[dict[str, object]] = field(default_factory=list)

    def take(self, request: Request, number: int, answers: list[Answer]) -> None:
        """Count a request and its answers."""
        self.requests += 1
        _count(self.kinds, request.kind)
        for answer in answers or [Answer(0, {}, b"")]:
            _count(self.statuses, str(answer.status))
            code = read_code(answer) if answer.status >= 400 else None
            if code is not None:
                _count(self.codes, code)
            self.pressure += answer.status == 503 and code in PRESSURE
            fault = find_fault(answer, request, number)
            if fault is not None:
                sent = request.raw[:SHOWN_BYTES].decode("latin-1")
                got = answer.body[:500].decode("latin-1")
                self.faults.append({"number": number, "fault": fault, "sent": sent, "answer": got})


def _count(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1


async def send_portion(url: tuple[str, int], drawer: RequestDrawer, numbers: range) -> Counts:
    """Send the requests of these numbers, each connection the next one as soon as it has its answer."""
    counts, waiting = Counts(), iter(numbers)
    began = time.perf_counter()
    places = asyncio.Semaphore(RAW_CONNECTIONS)
    raw_tasks: set[asyncio.Task[None]] = set()

    async def send_raw(request: Request, number: int) -> None:
        try:
            counts.take(request, number, await Connection(*url).send_raw(request))
        finally:
            places.release()

    async def work(numbers: Iterator[int]) -> None:
        connection = Connection(*url)
        try:
            for number in numbers:
                request = drawer.draw(number)
                if request.is_framed:
                    counts.take(request, number, [await connection.exchange(request)])
                else:
                    await places.acquire()
                    task = asyncio.create_task(send_raw(request, number))
                    raw_tasks.add(task)
                    task.add_done_callback(raw_tasks.discard)
        finally:
            await connection.close()

    await asyncio.gather(*(work(waiting) for _ in range(CONNECTIONS)))
    await asyncio.gather(*raw_tasks)
    counts.seconds = round(time.perf_counter() - began, 2)
    return counts
