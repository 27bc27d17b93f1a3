"""Calibration: reliability bins and the expected calibration error of predicted probabilities."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 15


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The predictions in [low, high): how many, their mean, and the share that came true."""

    low: float
    high: float
    count: int
    predicted: float
    observed: float


def reliability(
    probabilities: NDArray[np.floating], labels: NDArray[np.floating], bins: int = BINS
) -> tuple[ReliabilityBin, ...]:
    """The non-empty bins among `bins` of equal width over [0, 1], for probabilities and 0/1 labels [n].

    The last bin holds 1 too. Raises ValueError for a probability outside [0, 1] or nan.
    """
    p = probabilities.astype(np.float64)
    if p.shape != labels.shape or p.ndim != 1:
        raise ValueError(f"expected probabilities and labels [n], given {p.shape} and {labels.shape}")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"expected probabilities in [0, 1], given {p.min()} to {p.max()}")
    number = np.minimum((p * bins).astype(np.int64), bins - 1)
    count = np.bincount(number, minlength=bins)
    predicted = np.bincount(number, weights=p, minlength=bins)
    observed = np.bincount(number, weights=labels, minlength=bins)
    return tuple(
        ReliabilityBin(
            low=bin_ / bins,
            high=(bin_ + 1) / bins,
            count=int(count[bin_]),
            predicted=float(predicted[bin_] / count[bin_]),
            observed=float(observed[bin_] / count[bin_]),
        )
        for bin_ in np.flatnonzero(count).tolist()
    )


def expected_calibration_error(
    probabilities: NDArray[np.floating], labels: NDArray[np.floating], bins: int = BINS
) -> float:
    """Mean over predictions of |predicted - observed| in their bin (Naeini et al. 2015); nan for none."""
    table = reliability(probabilities, labels, bins)
    total = sum(row.count for row in table)
    if not total:
        return float("nan")
    return sum(row.count * abs(row.predicted - row.observed) for row in table) / total
