"""A million generated requests against a real service.

    python -m tests.faults.generated [--requests N] [--seconds S] [--bundle DIR] [--progress FILE] [--seed N]

The run is divided into portions; ended early or by --seconds, it goes on where it was with the next call. It ends with
exit code 1 if an answer was a 5xx other than a documented 503 of pressure, missing, or an error that is not
JSON, or if /livez waited more than 100 ms longer than it does at rest.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from rich.console import Console

from tests.conftest import train_shop
from tests.e2e.conftest import Running, launching
from tests.faults.generated.liveness import Liveness, Waits, watching
from tests.faults.generated.portion import send_portion
from tests.faults.generated.progress import Progress
from tests.faults.generated.requests import RequestDrawer

CALM_S = 10.0
PATIENT = {
    "CHORUS_HEADER_TIMEOUT_S": "3",
    "CHORUS_BODY_TIMEOUT_S": "1",
    "CHORUS_COMPUTE_TIMEOUT_S": "30",
    "CHORUS_REDIS_TIMEOUT_S": "10",
    "CHORUS_LOG_LEVEL": "error",
}
"""Bytes that are no whole request end soon, and a busy machine makes no request fail."""


def draw_requests(client: httpx.Client, seed: int) -> RequestDrawer:
    """The drawer of requests for a running service, whose real cursors it damages."""
    page = client.get("/openapi.json").raise_for_status().json()
    bodies = [
        {"user_id": "u1", "limit": 3},
        {"query": "robots", "limit": 1},
        {"user_id": "u2", "explain": True},
    ]
    cursors = [client.post("/v1/recommend", json=body).raise_for_status().json()["cursor"] for body in bodies]
    return RequestDrawer(page, cursors, seed)


def send(service: Running, liveness: Liveness, progress: Progress, args: argparse.Namespace) -> None:
    """Send the open portions, until all are done or the time is over."""
    console, ends = Console(width=140), time.monotonic() + args.seconds
    drawer = draw_requests(service.http, progress.seed)
    address = urlsplit(service.url)
    time.sleep(args.calm)
    calm = Waits.of(liveness.read())
    console.print(f"at rest: /livez {calm}")
    for number in progress.open_portions(args.requests):
        if time.monotonic() > ends:
            break
        start = len(liveness.read())
        numbers = range(number * progress.portion, (number + 1) * progress.portion)
        counts = asyncio.run(send_portion((str(address.hostname), int(address.port or 0)), drawer, numbers))
        time.sleep(0.3)
        loaded = Waits.of(liveness.read(start))
        progress.add(number, counts, calm, loaded)
        rate = counts.requests / counts.seconds
        console.print(
            f"{number}: {rate:.0f}/s, {len(counts.faults)} faults, {counts.statuses}, /livez {loaded}"
        )


def main() -> int:
    """Run, and print the totals; 1 where something is not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.generated", description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--portion", type=int, default=10_000)
    parser.add_argument("--calm", type=float, default=CALM_S)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--progress", type=Path, default=Path("build/generated_requests.json"))
    args = parser.parse_args()
    args.progress.parent.mkdir(parents=True, exist_ok=True)
    progress = Progress(args.progress, args.seed, args.portion)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "shop").mkdir()
        bundle = args.bundle or train_shop(folder / "shop")
        with launching(folder) as launch:
            service = launch(bundle, folder / "state", **PATIENT)
            with watching(service.url, folder / "livez.txt") as liveness:
                time.sleep(1)
                send(service, liveness, progress, args)
    total = progress.total()
    Console(width=140).print(total)
    return int(bool(total["faults"] or total["portions_with_slow_livez"]))


if __name__ == "__main__":
    sys.exit(main())
