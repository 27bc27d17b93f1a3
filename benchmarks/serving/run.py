"""Run the benchmark of serving: each bundle with its contenders in turns, then batch scoring."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.serving.batch import measure_file, measure_http, measure_products
from benchmarks.serving.calls import read_subject
from benchmarks.serving.contender import open_contenders
from benchmarks.serving.cores import Cores, choose_cores, pinned
from benchmarks.serving.figures import CHORUS, FLOOR, NAIVE, BundleFigures, compare, summarise_contender
from benchmarks.serving.operations import measure_operations
from benchmarks.serving.recall import measure_recall
from benchmarks.serving.result import BatchFigures, Measured, Result, build_result
from benchmarks.serving.stages import measure_stages
from benchmarks.serving.turns import take_turns
from models.contract.bundle import ITEM_VECTORS

BUSY = 0.5
"""Running processes from which on a machine is not quiet."""
REPEATS = 20
"""Repetitions of a single operation."""
ALL = (FLOOR, CHORUS, NAIVE)
WITHOUT_NAIVE = (FLOOR, CHORUS)
"""The naive design compares with Chorus on the first bundle alone."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The loads to measure, and for how long."""

    base: Path
    million: Path | None
    turns: int
    seconds: float
    pairs: int
    """Pairs of the file for `chorus batch-score`; 0: no file."""
    notes: tuple[str, ...] = ()


def run_benchmark(plan: Plan) -> Result:
    """Measure everything."""
    cores, shared = choose_cores(), note_load()
    base = measure_bundle(plan.base, cores, ALL, plan)
    million = recall = None
    if plan.million is not None:
        million = measure_bundle(plan.million, cores, WITHOUT_NAIVE, plan)
        recall = measure_recall(plan.million)
    batch = measure_batch(plan, cores, base.batch_pairs_per_s)
    measured = Measured(base=base, million=million, recall=recall, batch=batch)
    return build_result(measured, (*cores.notes, *shared, *plan.notes), plan.turns, plan.seconds)


def note_load() -> list[str]:
    """A note where other work runs on the machine, which takes time from all contenders."""
    load = os.getloadavg()[0]
    return [f"other work ran on the machine: {load:.1f} processes at the start"] if load > BUSY else []


def measure_bundle(bundle: Path, cores: Cores, names: Sequence[str], plan: Plan) -> BundleFigures:
    """Start the contenders over a bundle, and measure them in turns."""
    warm_disk(bundle)
    subject = read_subject(bundle)
    with open_contenders(bundle, cores, tuple(names)) as contenders, pinned(cores.generator):
        service = contenders[CHORUS]
        turns = take_turns(contenders, subject, plan.turns, plan.seconds)
        stages = measure_stages(service.port, subject, plan.seconds)
        figures = {name: summarise_contender(one, turns) for name, one in contenders.items()}
        operations = measure_operations(service.port, subject, REPEATS)
        batch_rate = measure_http(service.port, subject, plan.seconds)
    return BundleFigures(
        bundle=bundle.name,
        items=len(np.load(bundle / ITEM_VECTORS, mmap_mode="r")),
        contenders=figures,
        ratios=compare(turns, names),
        stages_us=stages,
        operations=dict(operations.figures()),
        batch_pairs_per_s=batch_rate,
    )


def measure_batch(plan: Plan, cores: Cores, rate: float) -> BatchFigures:
    """Batch scoring on the first bundle; the products have the core for themselves."""
    products = measure_products(plan.base, cores, plan.seconds)
    file = measure_file(plan.base, read_subject(plan.base), cores, plan.pairs) if plan.pairs else None
    return BatchFigures(http_pairs_per_s=rate, products_pairs_per_s=products, file=file)


def warm_disk(bundle: Path) -> None:
    """Read the files once, so that the start-up time is that from a warm disk."""
    for path in bundle.iterdir():
        with path.open("rb") as stream:
            while stream.read(1 << 24):
                pass
