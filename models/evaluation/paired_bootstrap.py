"""Paired bootstrap interval of the difference of two methods over the same lists (Efron and Tibshirani 1993)."""

from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Doubles

RESAMPLES = 1_000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """The mean difference with the percentiles of its resamples."""

    mean: float
    low: float
    high: float


def bootstrap_difference(
    first: Doubles, second: Doubles, seed: int, resamples: int = RESAMPLES, level: float = LEVEL
) -> Interval:
    """The mean of `first` - `second`, figures [C] of the same lists, with the interval of this level.

    Both figures of a list are drawn together. Equal seeds draw equal lists. Raises ValueError for no list, or for
    figures of other lists.
    """
    if first.shape != second.shape or not first.size or first.ndim != 1:
        raise ValueError(
            f"expected two figures [C] of at least one list, given {first.shape} and {second.shape}"
        )
    random, difference = np.random.default_rng(seed), first - second
    count = len(difference)
    means = [float(difference[random.integers(count, size=count)].mean()) for _ in range(resamples)]
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(difference.mean()), float(low), float(high))
