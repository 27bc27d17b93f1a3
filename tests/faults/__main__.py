"""Tries each kind of fault against real services, and prints what was tried, lost and failed.

    python -m tests.faults [--seconds S] [--bundle DIR] [--list] [NAME ...]

--seconds is how long callers load the service while one kind lasts (4 by default: six to seven minutes in all on two
cores). Ends with exit code 1 if an acknowledged event was lost or stored twice, or anything failed that must not.
"""

import argparse
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable
from pathlib import Path

import httpx
import redis
from rich.console import Console
from rich.table import Table

from app.state.embedded.process import EmbeddedRedisError
from tests.conftest import train_shop
from tests.e2e.conftest import launching
from tests.faults.kinds.registry import KINDS
from tests.faults.site import SHARED, Site
from tests.faults.tally import Tally

SECONDS = 4.0
FAILURES = (
    *(AssertionError, OSError, LookupError, ValueError, httpx.HTTPError),
    *(redis.RedisError, subprocess.SubprocessError, EmbeddedRedisError),
)
"""What a kind raises where the service is not as it must be: the other kinds are tried all the same."""


def try_kinds(names: Iterable[str], bundle: Path, folder: Path, seconds: float) -> dict[str, Tally]:
    """The tally of each kind. A kind that raises has failed."""
    tallies: dict[str, Tally] = {}
    (folder / "shared").mkdir()
    with launching(folder / "shared") as launch_shared:
        shared = launch_shared(bundle, folder / "shared-state", **SHARED)
        for number, name in enumerate(names):
            own = folder / str(number)
            own.mkdir()
            with launching(own) as launch:
                tally = _try_kind(name, Site(bundle, own, seconds, launch, shared))
            tallies[name] = tally
            Console(stderr=True).print(f"{number + 1}: {name}: {'good' if tally.is_good else 'failed'}")
    return tallies


def _try_kind(name: str, site: Site) -> Tally:
    try:
        return KINDS[name](site)
    except FAILURES as error:
        tally = Tally(tried=1)
        tally.fail("".join(traceback.format_exception(error)[-2:]).strip())
        return tally


def print_table(tallies: dict[str, Tally]) -> None:
    """Print a line for each kind, and then the first problems of each kind that failed."""
    console = Console(width=110)
    table = Table(
        "fault", "tried", "lost", "failed", "5xx", "worst wait (ms)", title=f"{len(tallies)} kinds of fault"
    )
    for name, tally in tallies.items():
        counts = (tally.tried, tally.lost, tally.failed, tally.server_errors, round(tally.worst_ms))
        table.add_row(name, *map(str, counts), style=None if tally.is_good else "bold red")
    console.print(table)
    console.print(
        "5xx: refusals with 503 and Retry-After that the fault excuses; any other counts as failed."
    )
    for name, tally in tallies.items():
        for problem in tally.problems:
            console.print(f"{name}: {problem}", markup=False)


def main() -> int:
    """Run the kinds that were asked for, or all; 1 if one of them is not good."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="kinds of fault; all if none is given")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--bundle", type=Path, help="a bundle of the test shop; trained if none is given")
    parser.add_argument("--list", action="store_true", help="print the names of the kinds")
    args = parser.parse_args()
    if args.list or not set(args.names) <= KINDS.keys():
        Console().print("\n".join(KINDS))
        return 0 if args.list else 2
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        folder = Path(name)
        (folder / "shop").mkdir()
        bundle = args.bundle or train_shop(folder / "shop")
        tallies = try_kinds(args.names or KINDS, bundle, folder, args.seconds)
    print_table(tallies)
    Console().print(f"{time.monotonic() - began:.0f} s")
    return int(not all(tally.is_good for tally in tallies.values()))


if __name__ == "__main__":
    sys.exit(main())
