"""Intervals of means over lists, and of the difference of two groups' means, where lists of one user are dependent."""

import numpy as np
from scipy.special import stdtrit

from models.contract.arrays import Doubles, Indices, Mask
from models.evaluation.paired_bootstrap import LEVEL, Interval
from models.evaluation.sampling_error import clustered_error

LEAST_ERROR = 1e-12
"""Standard errors up to this one are rounding: figures in [0, 1] that are all equal have no spread."""


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
    Where the sides share no user, the error is at least that of sides that spread alike: few lists without a hit have
    no spread, and still tell little. Sides that share users, such as lists before and after a user's tenth item, have
    no such floor.
    """
    either = first | second
    figures, users, sides = figures[either], users[either], (first[either], second[either])
    centred, deviations, difference = np.zeros(len(figures)), np.zeros(len(figures)), 0.0
    for sign, mask in zip((1.0, -1.0), sides, strict=True):
        mean = float(figures[mask].mean())
        difference += sign * mean
        centred[mask] = figures[mask] - mean
        deviations[mask] = sign * centred[mask] * (len(figures) / np.count_nonzero(mask))
    count = min(len(np.unique(users[mask])) for mask in sides)
    error = max(clustered_error(deviations, users), _pool_error(centred, users, sides))
    return _bound(difference, error, count, comparisons)


def _pool_error(centred: Doubles, users: Indices, sides: tuple[Mask, Mask]) -> float:
    """The standard error of a difference if the users of both sides [n] spread alike; 0 if the sides share a user.

    `centred` [n] are the figures less their side's mean. A user's sum of them is taken to grow with the user's lists.
    """
    (first, of_first), (second, of_second) = (np.unique(users[mask], return_counts=True) for mask in sides)
    if np.isin(first, second).any():
        return 0.0
    sums = np.bincount(np.unique(users, return_inverse=True)[1], weights=centred)
    squares = [float((sizes**2).sum()) for sizes in (of_first, of_second)]
    spread = float((sums**2).sum()) / sum(squares)
    lists = [np.count_nonzero(mask) for mask in sides]
    return float(np.sqrt(spread * sum(square / n**2 for square, n in zip(squares, lists, strict=True))))


def _bound(mean: float, error: float, users: int, comparisons: int) -> Interval:
    """The interval of a figure with this standard error from so many users."""
    if users < 2 or not error > LEAST_ERROR:
        return Interval(mean, float("nan"), float("nan"))
    reach = float(stdtrit(users - 1, 1 - (1 - LEVEL) / 2 / comparisons)) * error
    return Interval(mean, mean - reach, mean + reach)
