"""The result of the task benchmark: figures of every method and head over seeds, and the default's differences."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from models.contract.arrays import Floats, Indices
from models.contract.replaced_file import replace_file
from models.evaluation.metrics.prediction import auc, calibration_error, log_loss
from models.evaluation.metrics.user_auc import user_auc
from models.job.settings import Setting

AUC = "auc"


@dataclass(frozen=True, slots=True)
class Spread:
    """The mean of a figure over the seeds, and its least and greatest value."""

    mean: float
    low: float
    high: float

    @staticmethod
    def of(values: Sequence[float]) -> "Spread":
        """The spread of one value a seed."""
        return Spread(float(np.mean(values)), float(np.min(values)), float(np.max(values)))


@dataclass(frozen=True, slots=True)
class Method:
    """A method's probabilities [n] of the test exposures: one mapping of heads for each seed."""

    name: str
    settings: Mapping[str, str]  # head -> what was chosen for it
    seeds: tuple[int, ...]  # empty for a method without one, which has one mapping
    predictions: tuple[Mapping[str, Floats], ...]


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A method's figures. `difference` is the default job's AUC less the method's, by the means over seeds."""

    name: str
    settings: Mapping[str, str]
    seeds: tuple[int, ...]
    heads: Mapping[str, Mapping[str, Spread]]  # head -> figure -> spread
    mean_auc: Spread  # over the heads
    difference: Mapping[str, float] | None  # head or "mean" -> AUC; None for the default job


@dataclass(frozen=True, slots=True)
class TaskResult:
    """All that result.json has; the first row is the default job."""

    data_set: str
    protocol: str
    exposures: Mapping[str, int]  # part -> number
    positives: Mapping[str, float]  # head -> share of the test exposures
    rows: Sequence[TaskRow]
    left_out: Mapping[str, str]  # method -> why
    settings: Mapping[str, Setting]  # every key of the default job
    seconds: Mapping[str, float]  # method -> seconds of all its trainings


def compare_methods(
    methods: Sequence[Method], targets: Mapping[str, Floats], users: Indices
) -> list[TaskRow]:
    """The rows of the methods, the first of which is the default job, from targets and users [n] of the test."""
    rows: list[TaskRow] = []
    for method in methods:
        measured = [
            {head: measure_head(own[head], labels, users) for head, labels in targets.items()}
            for own in method.predictions
        ]
        heads = {
            head: {
                figure: Spread.of([seed[head][figure] for seed in measured]) for figure in measured[0][head]
            }
            for head in targets
        }
        mean = Spread.of([float(np.mean([figures[AUC] for figures in seed.values()])) for seed in measured])
        difference = _subtract(rows[0], heads, mean) if rows else None
        rows.append(TaskRow(method.name, method.settings, method.seeds, heads, mean, difference))
    return rows


def measure_head(probabilities: Floats, labels: Floats, users: Indices) -> dict[str, float]:
    """Figure -> its value for one head."""
    return {
        AUC: auc(probabilities, labels),
        "user_auc": user_auc(probabilities, labels, users),
        "log_loss": log_loss(probabilities, labels),
        "ece": calibration_error(probabilities, labels),
    }


def write_task_result(result: TaskResult, path: Path) -> None:
    """Write the result as JSON."""
    replace_file(path, json.dumps(asdict(result), indent=1).encode() + b"\n")


def _subtract(default: TaskRow, heads: Mapping[str, Mapping[str, Spread]], mean: Spread) -> dict[str, float]:
    by_head = {head: default.heads[head][AUC].mean - figures[AUC].mean for head, figures in heads.items()}
    return by_head | {"mean": default.mean_auc.mean - mean.mean}
