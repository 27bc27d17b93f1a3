"""Run the task benchmark: every method on the same exposures, three seeds each, and one table."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from rich.console import Console

from models.evaluation.baselines.protocol import BaselineRefusedError
from models.job.settings import list_settings
from models.job.spec import load_job
from models.recipe.benchmark.data_sets import FoundDataSet
from models.recipe.benchmark.exposures import Exposures, read_exposures
from models.recipe.benchmark.smoothed_rates import PastRates, read_rates
from models.recipe.benchmark.task_days import TaskDays
from models.recipe.benchmark.task_jobs import NetworkRow, write_task_jobs
from models.recipe.benchmark.task_methods import Predicted, Trees, list_parts, predict_by_rates
from models.recipe.benchmark.task_networks import predict_by_networks
from models.recipe.benchmark.task_result import Method, TaskResult, compare_methods
from models.recipe.benchmark.tree_features import build_features
from models.recipe.ingestion import JobData, ingest

SEEDS = (7, 8, 9)
"""The seeds of everything that has one; 7 is the default job's."""
RATES, TREES = "smoothed rates", "LightGBM"
PROTOCOL = (
    "Every exposure is an example of every head. Fitted before {valid}; settings, calibration and the number of "
    "epochs chosen on what comes before {test}, which is then learned too; measured on all from then on. Of a user "
    "every method knows what came before the exposure, of all else what came before the part."
)
Result = TypeVar("Result")


def run_task_benchmark(
    found: FoundDataSet, days: TaskDays, out: Path, console: Console, seeds: tuple[int, ...] = SEEDS
) -> TaskResult:
    """Train and measure every method; `out` gets the jobs. Raises ValueError or JobError for faults of the data."""
    networks = write_task_jobs(found, days, out)
    work, seconds = out / "networks", dict[str, float]()
    data = ingest(load_job(networks[0].job_files[0]), work / "rows", console)
    exposures = read_exposures(data, days.surface)
    rates = {head: read_rates(exposures, head) for head in exposures.targets}
    methods = [_time(row.name, seconds, partial(_train, row, seeds, work, console)) for row in networks]
    left_out: dict[str, str] = {}
    methods.append(_time(RATES, seconds, lambda: _gather_rates(exposures, rates)))
    try:
        methods.append(_time(TREES, seconds, lambda: _fit_trees(data, exposures, rates, seeds)))
    except BaselineRefusedError as error:
        left_out[TREES] = str(error)
    _, _, test = list_parts(exposures)
    targets = {head: labels[test] for head, labels in exposures.targets.items()}
    return TaskResult(
        data_set=found.name,
        protocol=PROTOCOL.format(valid=days.valid_from, test=days.test_from),
        exposures=dict(zip(("training", "validation", "test"), map(len, list_parts(exposures)), strict=True)),
        positives={head: float(np.mean(labels)) for head, labels in targets.items()},
        rows=compare_methods(methods, targets, exposures.users[test]),
        left_out=left_out,
        settings=list_settings(data.job),
        seconds=seconds,
    )


def _train(row: NetworkRow, seeds: tuple[int, ...], work: Path, console: Console) -> Method:
    predictions = tuple(predict_by_networks(row, seed, work, console) for seed in seeds)
    return Method(row.name, {"all heads": row.settings}, seeds, predictions)


def _gather_rates(exposures: Exposures, rates: Mapping[str, PastRates]) -> Method:
    return _gather(RATES, (), (predict_by_rates(exposures, rates),))


def _fit_trees(
    data: JobData, exposures: Exposures, rates: Mapping[str, PastRates], seeds: tuple[int, ...]
) -> Method:
    trees = Trees.of(build_features(data.corpus, rates), exposures)
    return _gather(TREES, seeds, tuple(trees.predict(seed) for seed in seeds))


def _gather(name: str, seeds: tuple[int, ...], predicted: tuple[Mapping[str, Predicted], ...]) -> Method:
    settings = {head: own.settings for head, own in predicted[0].items()}
    probabilities = tuple({head: own.probabilities for head, own in each.items()} for each in predicted)
    return Method(name, settings, seeds, probabilities)


def _time(name: str, seconds: dict[str, float], work: Callable[[], Result]) -> Result:
    """The result of some work, with its seconds under a name."""
    began = time.monotonic()
    result = work()
    seconds[name] = time.monotonic() - began
    return result
