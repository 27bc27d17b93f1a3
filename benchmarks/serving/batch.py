"""Batch scoring: pairs a second over HTTP beside the bare products, and a file by `chorus batch-score`."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.serving.calls import Call, Subject, render
from benchmarks.serving.cores import Cores, pinned
from benchmarks.serving.load import ask_in_turn, run
from benchmarks.serving.memory import run_measured

PAIRS_A_USER = 300
CALL_PAIRS = 9_000
"""Pairs of a call; the service takes 10,000 at most."""
CALLS = 8
ROWS = 1_000_000
"""Rows of the file that are written at once."""


@dataclass(frozen=True, slots=True)
class FileFigures:
    """The time and memory of `chorus batch-score` for a file."""

    pairs: int
    seconds: float
    peak_mb: float


def measure_http(port: int, subject: Subject, seconds: float) -> float:
    """Pairs a second of POST /v1/batch-score on one connection; raises RuntimeError if a call fails."""
    calls = build_batch_calls(subject)
    sample = run(ask_in_turn(port, calls, 1, seconds))
    if sample.failed:
        raise RuntimeError(f"expected scores, given {sample.failed} failed calls of {sample.calls}")
    return sample.rate * CALL_PAIRS


def build_batch_calls(subject: Subject) -> list[Call]:
    """Calls of CALL_PAIRS pairs: PAIRS_A_USER items for each of some users."""
    random, calls = np.random.default_rng(1), []
    for _ in range(CALLS):
        users = random.integers(0, len(subject.users), CALL_PAIRS // PAIRS_A_USER).tolist()
        groups = [
            {
                "user_id": subject.users[user],
                "item_ids": [
                    subject.items[item] for item in random.integers(0, len(subject.items), PAIRS_A_USER)
                ],
            }
            for user in users
        ]
        calls.append(Call(render("/v1/batch-score", {"groups": groups}), is_list=True))
    return calls


def measure_products(bundle: Path, cores: Cores, seconds: float) -> float:
    """Pairs a second of the bare products on the service's core."""
    command = [sys.executable, "-m", "benchmarks.serving.products", str(bundle)]
    command += ["--pairs", str(PAIRS_A_USER), "--seconds", str(seconds)]
    with pinned(cores.service):
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(json.loads(output)["pairs_per_s"])


def measure_file(bundle: Path, subject: Subject, cores: Cores, pairs: int) -> FileFigures:
    """Score a file of this many pairs by the command line."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "pairs.parquet", Path(folder) / "scores.parquet"
        write_pairs(source, subject, pairs)
        command = [sys.executable, "-m", "app.cli", "batch-score", str(source), str(target)]
        with pinned(cores.service):
            usage = run_measured([*command, "--bundle", str(bundle)])
        if (scored := pq.read_metadata(target).num_rows) != pairs:
            raise RuntimeError(f"expected {pairs} scored rows, given {scored}")
    return FileFigures(pairs, usage.seconds, usage.peak_mb)


def write_pairs(path: Path, subject: Subject, pairs: int) -> None:
    """Write pairs by user, PAIRS_A_USER in a row."""
    users, items = pa.array(subject.users), pa.array(subject.items)
    random = np.random.default_rng(2)
    with pq.ParquetWriter(path, pa.schema({"user_id": pa.string(), "item_id": pa.string()})) as writer:
        for start in range(0, pairs, ROWS):
            rows = np.arange(start, min(start + ROWS, pairs))
            user = pa.array(rows // PAIRS_A_USER % len(users))
            item = pa.array(random.integers(0, len(items), len(rows)))
            writer.write_table(pa.table({"user_id": users.take(user), "item_id": items.take(item)}))
