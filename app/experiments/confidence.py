"""Confidence sequences: intervals and p-values that stay valid however often one looks.

They are those of the mixture sequential probability ratio test with a normal mixture (Robbins 1970; Johari, Koomen,
Pekelis, Walsh 2017), with the variance estimated from the data: asymptotic confidence sequences (Waudby-Smith, Arbour,
Sinha, Kennedy, Ramdas 2024, equation 11). They hold for many users; LEAST_USERS is where they begin.
"""

import math
from dataclasses import dataclass

ALPHA = 0.05
LEAST_USERS = 100
"""Users of an arm below which there is no interval."""
TUNED_USERS = 1_000
"""The weight of the mixture, in users: intervals are tightest at about nine times as many."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over users with its variance, and the number of users that it was measured on."""

    value: float
    variance: float  # of the value, not of a user
    users: int


@dataclass(frozen=True, slots=True)
class Interval:
    """The bounds of an interval."""

    low: float
    high: float


def find_interval(estimate: Estimate, alpha: float = ALPHA) -> Interval | None:
    """The interval that has the true value at all times at once, but for a probability of `alpha`.

    None where the data do not tell the variance yet.
    """
    if not is_measured(estimate):
        return None
    half = math.sqrt(estimate.variance * (1 + _ratio(estimate)) * 2 * math.log(_growth(estimate) / alpha))
    return Interval(estimate.value - half, estimate.value + half)


def find_p_value(estimate: Estimate) -> float | None:
    """The least `alpha` whose interval excludes 0: valid at whatever look it is read. None as for the interval."""
    if not is_measured(estimate):
        return None
    squared = estimate.value**2 / estimate.variance
    return min(1.0, _growth(estimate) * math.exp(-squared / (2 * (1 + _ratio(estimate)))))


def is_measured(estimate: Estimate) -> bool:
    """Whether there are users enough, who differ."""
    return estimate.users >= LEAST_USERS and 0 < estimate.variance < math.inf


def _ratio(estimate: Estimate) -> float:
    return TUNED_USERS / estimate.users


def _growth(estimate: Estimate) -> float:
    """The factor by which the bound grows for all the looks."""
    return math.sqrt(1 + estimate.users / TUNED_USERS)
