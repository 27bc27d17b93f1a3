"""Values of the logged and the target policy by every estimator, with bootstrap intervals over users."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.evaluation.off_policy.estimators import ESTIMATORS, find_value, total_by_user
from models.evaluation.off_policy.logged_lists import LoggedLists
from models.evaluation.paired_bootstrap import LEVEL, RESAMPLES, Interval

LEAST_FINITE = 0.95
"""The share of resamples that must have a value for an interval."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value a list by one estimator, and how much it is above the logged policy's; None where it has no support."""

    value: Interval | None
    difference: Interval | None


def estimate_values(lists: LoggedLists, seed: int = 0, resamples: int = RESAMPLES) -> Mapping[str, Value]:
    """Estimator -> the value. Users are resampled with all their lists (Efron and Tibshirani 1993)."""
    terms = {name: estimator(lists) for name, estimator in ESTIMATORS.items()}
    totals = {name: total_by_user(each, lists) for name, each in terms.items()}
    random, users = np.random.default_rng(seed), int(lists.users.max()) + 1
    times = np.ones((resamples + 1, users))  # the first row is the log itself
    for row in times[1:]:
        row[:] = np.bincount(random.integers(users, size=users), minlength=users)
    drawn = {
        name: find_value(times @ totals[name], normalised=each.weight is not None)
        for name, each in terms.items()
    }
    return {
        name: Value(_summarise(values), _summarise(values - drawn["logged"]))
        for name, values in drawn.items()
    }


def _summarise(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Interval | None:
    """The first value with the percentiles of the others; None where too many are not finite."""
    first, others = values[0], values[1:][np.isfinite(values[1:])]
    if not np.isfinite(first) or len(others) < LEAST_FINITE * (len(values) - 1):
        return None
    low, high = np.quantile(others, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(first), float(low), float(high))
