"""Benchmark: lists with and without a text query of one service over a bundle, and the memory that they take.

    python -m benchmarks.serving.text_queries BUNDLE [--lists N]

`benchmarks.serving` makes a bundle of a million items in build/serving.
"""

import argparse
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.state.embedded.server import EmbeddedRedis
from benchmarks.serving.calls import Subject, build_list_body, read_subject, render
from benchmarks.serving.contender import Contender, start
from benchmarks.serving.cores import choose_cores, pinned
from benchmarks.serving.load import open_connection, run
from benchmarks.serving.memory import measure_cpu, measure_resident
from benchmarks.serving.operations import QUERIES, time_calls
from benchmarks.serving.run import warm_disk


@dataclass(frozen=True, slots=True)
class Row:
    """The calls of one kind: milliseconds of each, processor time for one, and the memory after them."""

    name: str
    took_ms: tuple[float, ...]
    cpu_ms: float
    resident_mb: float


def measure_service(bundle: Path, lists: int) -> list[Row]:
    """Start the service, and ask for plain lists, lists with a query and plain ones again, then put as many items."""
    warm_disk(bundle)
    subject, cores = read_subject(bundle), choose_cores()
    with (
        tempfile.TemporaryDirectory() as scratch,
        EmbeddedRedis(Path(scratch) / "redis") as redis,
        start("chorus", bundle, redis.url, cores, Path(scratch) / "chorus") as service,
        pinned(cores.generator),
    ):
        loaded = Row("ready", (service.ready_s * 1000,), 0.0, measure_resident(service.pid))
        return [loaded, *(run(_measure(service, *calls)) for calls in _list_calls(subject, lists))]


def _list_calls(subject: Subject, lists: int) -> list[tuple[str, list[bytes]]]:
    users = [subject.users[number % len(subject.users)] for number in range(lists)]

    def ask(first: int, explain: bool = False) -> list[bytes]:
        texts = (f"{QUERIES[number % len(QUERIES)]} {number}" for number in range(first, first + lists))
        bodies = (
            build_list_body(subject, user, query=text, explain=explain)
            for user, text in zip(users, texts, strict=True)
        )
        return [render("/v1/recommend", body) for body in bodies]

    plain = [render("/v1/recommend", build_list_body(subject, user)) for user in users]
    item = {"attributes": subject.attributes}
    puts = [render(f"/v1/items/bench-{number}", item, "PUT") for number in range(lists)]
    return [
        ("plain list", plain),
        ("with a query", ask(0)),
        ("plain list", plain),
        ("with a query", ask(lists)),
        ("with a query and reasons", ask(2 * lists, explain=True)),
        ("item put", puts),
        ("with a query", ask(3 * lists)),
    ]


async def _measure(service: Contender, name: str, calls: list[bytes]) -> Row:
    connection = await open_connection(service.port)
    before = measure_cpu(service.pid)
    took = await time_calls(connection, calls)
    cpu_ms = (measure_cpu(service.pid) - before) * 1000 / len(took)
    connection.close()
    return Row(name, tuple(took), cpu_ms, measure_resident(service.pid))


def print_rows(console: Console, rows: list[Row]) -> None:
    """Print the rows in the order in which they were measured."""
    table = Table("", "p50 ms", "least ms", "most ms", "processor ms", "resident MB")
    for row in rows:
        figures = (statistics.median(row.took_ms), min(row.took_ms), max(row.took_ms), row.cpu_ms)
        table.add_row(row.name, *(f"{figure:.1f}" for figure in figures), f"{row.resident_mb:.0f}")
    console.print(table)


def main() -> None:
    """Measure the service over a bundle and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving.text_queries", description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--lists", type=int, default=40, help="of each kind")
    options = parser.parse_args()
    print_rows(Console(width=110), measure_service(options.bundle, options.lists))


if __name__ == "__main__":
    main()
