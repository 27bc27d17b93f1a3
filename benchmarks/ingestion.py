"""Benchmark: time and peak memory from an event file to the batches of the first epoch.

    python -m benchmarks.ingestion [--events N] [--users N] [--items N] [--format csv|parquet]

Another process generates a log in a temporary folder; the steps of a real job without text then read it. Memory is
the peak resident size of this process, including 0.4 GB of libraries.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.event_log import add_arguments
from models.data.dataset import load_dataset
from models.data.fitting import fit_features
from models.data.labels import label
from models.data.split import split
from models.job.spec import JobSpec, load_job
from models.training.batches import collate, cut_windows, shuffled_batches
from models.training.corpus import PART_TRAIN, Corpus, Texts, build_corpus

BOUND = "bound for 10,000,000 events: 120 s, 4.0 GB"
GENERATE = "from benchmarks.event_log import main; main()"
TRAIN = frozenset({PART_TRAIN})


class Steps:
    """The wall-clock seconds, processor seconds and peak memory (GB) of each step.

    Processor time is comparable between runs in which other processes share the cores.
    """

    def __init__(self) -> None:
        self.rows: list[tuple[str, float, float, float]] = []

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Measure the block as one step."""
        began, busy = time.perf_counter(), time.process_time()
        yield
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS, else KiB
        gigabytes = peak * (1 if sys.platform == "darwin" else 1024) / 1e9
        self.rows.append((name, time.perf_counter() - began, time.process_time() - busy, gigabytes))


def ingest(job: JobSpec, quarantine: Path, steps: Steps) -> Corpus:
    """Run the steps of models.recipe.ingestion without text."""
    with steps.measure("read, clean, number"):
        dataset = load_dataset(job, quarantine)
    with steps.measure("split"):
        parts = split(dataset.interactions, dataset.timed, job.split.valid, job.split.test)
    with steps.measure("label"):
        labels = label(job.tasks, dataset, parts.train, cuts=parts.cuts)
    with steps.measure("fit features"):
        spec = fit_features(dataset, parts.train, job, 0)
    with steps.measure("build corpus"):
        items, users = len(dataset.items), len(dataset.users)
        texts = Texts(np.zeros((items, 0), np.float32), np.zeros((users, 0), np.float32))
        return build_corpus(dataset, parts, spec, labels, texts, job.network.half_life_days)


def collate_epoch(job: JobSpec, corpus: Corpus, steps: Steps) -> None:
    """Collate the batches of one epoch; raises RuntimeError unless they have every training event once."""
    with steps.measure("windows"):
        windows = cut_windows(corpus, TRAIN, job.network.history_length)
    with steps.measure("batches of an epoch"):
        events = job.training.batch_size * job.network.history_length
        batches = shuffled_batches(windows, events, np.random.default_rng(0))
        count = sum(int(collate(corpus, chosen, TRAIN).is_target.sum()) for chosen in batches)
    if count != (expected := int((corpus.part == PART_TRAIN).sum())):
        raise RuntimeError(f"expected {expected:,} training events in the batches, given {count:,}")


def main() -> None:
    """Run the benchmark and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    arguments = parser.parse_args()
    steps = Steps()
    with tempfile.TemporaryDirectory() as folder:
        options = [f"--{name}={getattr(arguments, name)}" for name in ("events", "users", "items", "format")]
        subprocess.run([sys.executable, "-c", GENERATE, folder, *options], check=True)
        job = load_job(Path(folder) / "job.yaml")
        size = sum(path.stat().st_size for path in job.interactions.path) / 1e6
        collate_epoch(job, ingest(job, Path(folder) / "quarantine.jsonl", steps), steps)
    title = f"{arguments.events:,} events of {arguments.users:,} users, {arguments.format}, {size:,.0f} MB"
    table = Table("step", "seconds", "processor s", "peak GB", title=title, caption=BOUND)
    total = ("total", sum(row[1] for row in steps.rows), sum(row[2] for row in steps.rows), steps.rows[-1][3])
    for name, seconds, busy, peak in [*steps.rows, total]:
        table.add_row(name, f"{seconds:.1f}", f"{busy:.1f}", f"{peak:.2f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
