"""The search space of a job: its `tune` or a default, and the job of a trial."""

from collections.abc import Collection, Mapping
from typing import cast

from optuna import Trial
from pydantic import ValidationError

from models.job.errors import describe
from models.job.spec import JobSpec
from models.job.tuning_check import SECTIONS, is_whole, set_values
from models.job.tuning_section import SearchRange, Value

Space = Mapping[str, SearchRange]
"""Key -> range."""
Values = Mapping[str, Value]
"""Key -> the value in a trial."""

WIDTHS = (32, 64, 128)
HISTORY_LENGTHS = (50, 100, 200)
LAYERS = (1, 2, 3)


class UnsuitedValuesError(Exception):
    """The values of a trial do not suit each other; the message says why."""


def choose_space(job: JobSpec) -> Space:
    """The job's space, or where it has none the default around the values of a job with all its sizes."""
    if job.tune:
        return job.tune
    network, training = job.network, job.training
    widths = {width for width in WIDTHS if width % network.attention_heads == 0} | {network.dim}
    space = {
        "training.learning_rate": _widen(training.learning_rate, 5e-4, 1e-2, log=True),
        "training.weight_decay": _widen(training.weight_decay, 1e-3, 0.3, log=True),
        "network.dropout": _widen(network.dropout, 0.0, 0.5),
        "network.history_length": _choose({*HISTORY_LENGTHS, network.history_length}),
        "network.layers": _choose({*LAYERS, network.layers}),
    }
    return space | ({"network.dim": _choose(widths)} if len(widths) > 1 else {})


def read_values(job: JobSpec, space: Space) -> Values:
    """The job's values of the keys of a space."""
    sections = {title: getattr(job, title).model_dump(mode="json") for title in SECTIONS}
    return {key: sections[key.partition(".")[0]][key.partition(".")[2]] for key in space}


def suggest_values(trial: Trial, space: Space) -> Values:
    """The values of a trial."""
    return {key: _suggest(trial, key, choice) for key, choice in space.items()}


def set_job_values(job: JobSpec, values: Values) -> JobSpec:
    """The job with the values of a trial; raises UnsuitedValuesError if they do not suit each other."""
    changed = {}
    for title, model in SECTIONS.items():
        keys = {key.partition(".")[2]: value for key, value in values.items() if key.startswith(f"{title}.")}
        try:
            changed[title] = set_values(getattr(job, title), keys)
        except ValidationError as error:
            raise UnsuitedValuesError("; ".join(describe(error, model))) from error
    return job.model_copy(update=changed)


def _suggest(trial: Trial, key: str, choice: SearchRange) -> Value:
    if choice.choices:
        return cast(Value, trial.suggest_categorical(key, choice.choices))  # one of them, though typed as any
    low, high = choice.bounds
    if is_whole(key):
        return trial.suggest_int(key, int(low), int(high), step=int(choice.step or 1), log=choice.log)
    return trial.suggest_float(key, low, high, step=choice.step, log=choice.log)


def _widen(value: float, low: float, high: float, *, log: bool = False) -> SearchRange:
    """The range from low to high, and as far as the value; not to 0 on a logarithmic scale."""
    low = low if log and value <= 0 else min(low, value)
    return SearchRange(low=low, high=max(high, value), log=log)


def _choose(values: Collection[int]) -> SearchRange:
    return SearchRange(choices=tuple(sorted(values)))
