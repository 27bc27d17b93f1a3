"""Intervals of means over lists, and of the difference of two groups' means, where lists of one user are dependent."""

import numpy as np
from scipy.special import stdtrit

from models.contract.arrays import Doubles, Indices, Mask
from models.evaluation.paired_bootstrap import LEVEL, Interval
from models.evaluation.sampling_error import clustered_error


def estimate_mean(figures: Doubles, users: Indices) -> Interval:
    """The mean of the figures [n >= 1] of lists of `users` [n], with its interval by Student's t over users.

    The bounds are nan for fewer than two users, or figures that are all equal, which do not tell how far they spread.
    """
    return _bound(float(figures.mean()), clustered_error(figures, users), len(np.unique(users)), 1)


def estimate_difference(
    figures: Doubles, users: Indices, first: Mask, second: Mask, comparisons: int = 1
) -> Interval:
    """The mean of figures [n] over the lists `first` less that over `second`, two masks [n] with lists, none in both.

    The interval holds for so many `comparisons` at once (Bonferroni), with the freedom of the side with fewer users.
    """
    deviations, difference = np.zeros(len(figures)), 0.0
    for sign, mask in ((1.0, first), (-1.0, second)):
        mean = float(figures[mask].mean())
        difference += sign * mean
        deviations[mask] = sign * (figures[mask] - mean) * (len(figures) / np.count_nonzero(mask))
    count = min(len(np.unique(users[mask])) for mask in (first, second))
    return _bound(difference, clustered_error(deviations, users), count, comparisons)


def _bound(mean: float, error: float, users: int, comparisons: int) -> Interval:
    """The interval of a figure with this standard error from so many users."""
    if users < 2 or not error > 0:
        return Interval(mean, float("nan"), float("nan"))
    reach = float(stdtrit(users - 1, 1 - (1 - LEVEL) / 2 / comparisons)) * error
    return Interval(mean, mean - reach, mean + reach)
