"""Standard errors of differences: of means over lists, and of any figure of predictions."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from models.contract.arrays import Doubles, Indices

BLOCKS = 20
"""Blocks of consecutive rows over which a figure's standard error is measured."""

Difference = Callable[[slice], float]
"""The difference of two figures over a range of rows; nan where one is undefined."""


def clustered_error(differences: Doubles, clusters: Indices) -> float:
    """The standard error of the mean of differences [n], with dependence within clusters [n] (Liang and Zeger 1986).

    nan for fewer than two clusters.
    """
    _, number = np.unique(clusters, return_inverse=True)
    count = int(number.max(initial=-1)) + 1
    if count < 2:
        return float("nan")
    sums = np.bincount(number, weights=differences - differences.mean())
    return float(np.sqrt(count / (count - 1) * (sums**2).sum()) / len(differences))


def block_error(difference: Difference, rows: int) -> float:
    """The standard error of a difference over all rows, from its spread over BLOCKS blocks of consecutive rows.

    Rows that are sorted by user keep a user's rows in few blocks. nan if fewer than two blocks define the difference.
    """
    bounds = np.linspace(0, rows, min(BLOCKS, rows) + 1).astype(np.int64).tolist()
    values = np.array([difference(slice(*pair)) for pair in pairwise(bounds)])
    values = values[np.isfinite(values)]
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
