"""The command of the benchmark: its options, the tables, and the file of the result.

    python -m benchmarks.serving [--items N] [--turns N] [--seconds S] [--pairs N] [--bundle FOLDER] [--data FOLDER]

Bundles are kept in build/serving, so only the first run makes them.
"""

import argparse
from pathlib import Path

from rich.console import Console

from benchmarks.serving.bundles import MOVIELENS_1M, find_bundle, find_grown
from benchmarks.serving.result import write_result
from benchmarks.serving.run import Plan, run_benchmark
from benchmarks.serving.table import print_result

RESULT = Path("benchmarks/results/serving.json")
DATA = Path("../shared/data/ml-1m")


def build_parser() -> argparse.ArgumentParser:
    """The parser of the options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000, help="of the grown bundle; 0: none")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement in a turn")
    parser.add_argument("--pairs", type=int, default=1_000_000, help="of the scored file; 0: none")
    parser.add_argument("--bundle", type=Path, help="instead of MovieLens-1M's or the demo's")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of MovieLens-1M's tables")
    parser.add_argument("--out", type=Path, default=RESULT)
    return parser


def main() -> None:
    """Run the benchmark, print the tables and write the result."""
    options = build_parser().parse_args()
    base = options.bundle or find_bundle(options.data)
    notes = ["trained for one epoch: the weights do not matter here"] if base.name == MOVIELENS_1M else []
    million = find_grown(base, options.items) if options.items else None
    plan = Plan(base, million, options.turns, options.seconds, options.pairs, tuple(notes))
    result = run_benchmark(plan)
    print_result(Console(width=110), result)
    write_result(options.out, result)
    print(f"written: {options.out}")


if __name__ == "__main__":
    main()
