"""Confidence intervals of 95 % for rates and means."""

import math
from typing import NamedTuple

Z = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""


class Interval(NamedTuple):
    """An estimate with its bounds."""

    estimate: float
    low: float
    high: float


def estimate_rate(successes: int, trials: int) -> Interval | None:
    """A rate with the score interval (Wilson 1927); None without trials. More successes than trials count as all."""
    if trials <= 0:
        return None
    rate = min(successes, trials) / trials
    centre = (rate + Z**2 / (2 * trials)) / (1 + Z**2 / trials)
    half = Z / (1 + Z**2 / trials) * math.sqrt(rate * (1 - rate) / trials + Z**2 / (4 * trials**2))
    return Interval(rate, max(0.0, centre - half), min(1.0, centre + half))


def estimate_mean(total: float, squares: float, count: int) -> Interval | None:
    """A mean with the normal interval, from a sum and a sum of squares; None without values.

    The bounds of a single value are the value itself.
    """
    if count <= 0:
        return None
    mean = total / count
    variance = max(0.0, squares - count * mean**2) / max(count - 1, 1)
    half = Z * math.sqrt(variance / count)
    return Interval(mean, mean - half, mean + half)
