"""Bootstrap intervals of a figure over lists, and of two methods' difference (Efron and Tibshirani 1993)."""

from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Doubles

RESAMPLES = 1_000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over lists with the percentiles of its resamples."""

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
    return bootstrap_mean(first - second, seed, resamples, level)


def bootstrap_mean(figures: Doubles, seed: int, resamples: int = RESAMPLES, level: float = LEVEL) -> Interval:
    """The mean of the figures [C] of at least one list, with the interval of this level."""
    random, count = np.random.default_rng(seed), len(figures)
    means = [float(figures[random.integers(count, size=count)].mean()) for _ in range(resamples)]
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(figures.mean()), float(low), float(high))
