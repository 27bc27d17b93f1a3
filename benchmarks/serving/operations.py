"""Single operations of a service: a plain list, one with a text query, and a new item."""

import statistics
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from benchmarks.serving.calls import Subject, build_list_body, render
from benchmarks.serving.load import Connection, open_connection, read_body, read_status, run

QUERIES = (
    "light-hearted science fiction",
    "a murder in a small town",
    "romance by the sea",
    "war and family",
)


@dataclass(frozen=True, slots=True)
class Operations:
    """Median milliseconds on one connection."""

    list_ms: float
    query_ms: float
    put_item_ms: float

    @property
    def query_ratio(self) -> float:
        """A list with a text query over a plain one."""
        return self.query_ms / self.list_ms

    def figures(self) -> Mapping[str, float]:
        """All of them by name."""
        return asdict(self) | {"query_ratio": self.query_ratio}


def measure_operations(port: int, subject: Subject, repeats: int) -> Operations:
    """Measure each operation as often; a query's text is new each time. Raises RuntimeError if one fails."""
    return run(_measure(port, subject, repeats))


async def _measure(port: int, subject: Subject, repeats: int) -> Operations:
    connection = await open_connection(port)
    users = [subject.users[number % len(subject.users)] for number in range(repeats)]
    plain = [render("/v1/recommend", build_list_body(subject, user)) for user in users]
    texts = [f"{QUERIES[number % len(QUERIES)]} {number}" for number in range(repeats)]
    queries = [
        render("/v1/recommend", build_list_body(subject, user, query=text))
        for user, text in zip(users, texts, strict=True)
    ]
    item = {"attributes": subject.attributes}
    puts = [render(f"/v1/items/bench-{number}", item, "PUT") for number in range(repeats)]
    medians = [
        statistics.median((await time_calls(connection, [calls[0], *calls]))[1:])  # the first warms up
        for calls in (plain, queries, puts)
    ]
    connection.close()
    return Operations(*medians)


async def time_calls(connection: Connection, calls: list[bytes]) -> list[float]:
    """The milliseconds of each call. Raises RuntimeError for one that fails."""
    took = []
    for raw in calls:
        began = time.perf_counter()
        answer = await connection.ask(raw)
        took.append((time.perf_counter() - began) * 1000)
        if read_status(answer) >= 300:
            raise RuntimeError(f"expected an answer, given {read_body(answer)[:200]!r}")
    return took
