"""Benchmark: latency and throughput of POST /v1/recommend over HTTP, with Redis.

    python -m benchmarks.service_latency [BUNDLE]

Requests cycle through the users of the bundle. The client runs on the same cores as the service.
"""

import asyncio
import sys
import time
from pathlib import Path

import httpx
import numpy as np
from rich.console import Console
from rich.table import Table

from app.bundle.record_files import read_user_ids
from benchmarks.service import serve

REQUESTS = 1_000
WARM_UP = 50
CASES: dict[str, dict[str, object]] = {
    "recommend, limit 10": {"limit": 10},
    "recommend, limit 10, explain": {"limit": 10, "explain": True},
    "recommend, limit 10, query": {"limit": 10, "query": "light-hearted science fiction"},
}


async def measure_latency(
    url: str, users: list[str], body: dict[str, object], connections: int
) -> tuple[np.ndarray, float]:
    """Milliseconds of each request [REQUESTS], and requests per second."""
    took: list[float] = []
    waiting = iter(range(REQUESTS + WARM_UP))

    async def worker(client: httpx.AsyncClient) -> None:
        for number in waiting:
            began = time.perf_counter()
            answer = await client.post("/v1/recommend", json={"user_id": users[number % len(users)], **body})
            answer.raise_for_status()
            took.append((time.perf_counter() - began) * 1000)

    limits = httpx.Limits(max_connections=connections)
    async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits) as client:
        began = time.perf_counter()
        await asyncio.gather(*(worker(client) for _ in range(connections)))
        seconds = time.perf_counter() - began
    return np.array(took[WARM_UP:]), (REQUESTS + WARM_UP) / seconds


def main(bundle: Path) -> None:
    """Run the benchmark and print the table."""
    users = read_user_ids(bundle)
    table = Table(
        "request", "connections", "p50 ms", "p99 ms", "requests/s", title=f"{REQUESTS} requests each"
    )
    with serve(bundle) as client:
        for name, body in CASES.items():
            for connections in (1, 8):
                took, rate = asyncio.run(measure_latency(str(client.base_url), users, body, connections))
                p50, p99 = np.percentile(took, [50, 99])
                table.add_row(name, str(connections), f"{p50:.1f}", f"{p99:.1f}", f"{rate:.0f}")
    Console(width=110).print(table)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "bundles/movielens-100k"))
