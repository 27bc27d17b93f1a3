"""Benchmark: the learning loop in a simulated town, against a frozen model and live statistics alone.

python -m benchmarks.closed_loop --days 10 --users 300 --minutes 8
"""

import argparse
import copy
import dataclasses
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.closed_loop import report, tastes, training
from benchmarks.closed_loop.arms import ARMS, Arm, chorus, find_arms, update
from benchmarks.closed_loop.days import Day, live_a_day
from benchmarks.closed_loop.town import Town, draw_lives
from benchmarks.service import serve

TRAINING_S = 150


def run_arm(arm: Arm, town: Town, folder: Path, days: int, deadline: float) -> list[Day]:
    """The days that an arm with the bundle `folder`/town lived until the deadline (monotonic)."""
    bundle = folder / "town"
    active = len(town.tastes.users) // 3
    lived: list[Day] = []
    with serve(bundle, arm.settings | {"CHORUS_STATE_DIR": str(folder / "state")}) as client:
        for number in range(1, days + 1):
            day = live_a_day(client, town, number, active, deadline)
            if day is None:
                break
            lived.append(day)
            print(
                f"{arm.name}: day {number}, {day.reward / day.lists:.3f} of {day.best / day.lists:.3f}",
                flush=True,
            )
            if arm.update_every and number % arm.update_every == 0 and number < days:
                try:
                    learned = update(client, bundle, folder, max(1.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    break
                print(f"{arm.name}: {'updated' if learned else 'kept'} after day {number}", flush=True)
    return lived


def main(options: argparse.Namespace) -> None:
    """Train, live the days of every arm, and write table, JSON and plot."""
    ends = time.monotonic() + 60 * options.minutes
    fitted = tastes.load(options.data, options.users, options.items)
    first = Town(fitted, draw_lives(len(fitted.items), options.days, options.seed), options.seed)
    lived: dict[str, list[Day]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(training.write(folder, first, time.time() - 60), "events before the first day", flush=True)
        arguments = ("train", str(folder / "job.yaml"), "--out", str(folder / "bundle"))
        if not chorus(*arguments, timeout_s=TRAINING_S):
            raise RuntimeError("expected a trained bundle, given none")
        # What the time allows is shared by weight: an arm with updates needs about twice as much.
        weights = {arm.name: 2 if arm.update_every else 1 for arm in options.arms}
        for number, arm in enumerate(options.arms):
            rest = sum(weights[other.name] for other in options.arms[number:])
            deadline = time.monotonic() + (ends - time.monotonic()) * weights[arm.name] / rest
            place = folder / f"arm{number}"
            shutil.copytree(folder / "bundle", place / "town")
            lived[arm.name] = run_arm(arm, copy.deepcopy(first), place, options.days, deadline)
    write(lived, len(fitted.items), options.out)


def write(lived: dict[str, list[Day]], catalogue: int, out: Path) -> None:
    """Write closed_loop.json and closed_loop.svg of the days that all arms lived, and print the table."""
    days = min(len(row) for row in lived.values())
    if not days:
        raise RuntimeError("expected a day in every arm, given too little time: raise --minutes")
    summaries = {name: report.summarise(row[:days], catalogue) for name, row in lived.items()}
    print(report.table(summaries))
    rows = {
        name: [
            {key: len(value) if isinstance(value, frozenset) else value for key, value in each.items()}
            for each in map(dataclasses.asdict, row)
        ]
        for name, row in lived.items()
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / "closed_loop.json").write_text(json.dumps({"summaries": summaries, "days": rows}, indent=1) + "\n")
    (out / "closed_loop.svg").write_text(report.plot({name: row[:days] for name, row in lived.items()}))


def parse() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.closed_loop")
    parser.add_argument("--arms", type=find_arms, default=ARMS, help=", ".join(arm.name for arm in ARMS))
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--users", type=int, default=300)
    parser.add_argument("--items", type=int, default=400)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, default=Path("data/ml-100k"))
    parser.add_argument("--out", type=Path, default=Path("closed_loop"))
    return parser.parse_args()


if __name__ == "__main__":
    main(parse())
