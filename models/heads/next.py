"""The head `next`: calibration and probabilities of the softmax over the catalogue.

Every bundle has it. It is not a task kind: it has no label, its logits are inner products of the two towers, and its
loss is computed in blocks (models.training.softmax_loss).
"""

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Doubles, Floats
from models.contract.calibration import Calibration
from models.heads.scaling import fit_temperature

LARGEST_LOG = 88.0
"""The log, in nats, of about the largest float32."""


def fit_next_calibration(logits: Floats, items: NDArray[np.integer]) -> Calibration:
    """Fit the temperature of the softmax on logits [n, I] of the whole catalogue and the next items [n].

    Returns the identity if n is 0.
    """
    return fit_temperature(logits, items) if len(logits) else Calibration()


def predict_next(logits: Floats, calibration: Calibration, log_partitions: Doubles) -> Floats:
    """Probabilities [n, K] of K items with logits [n, K].

    `log_partitions` [n] or [1] is the log of the calibrated softmax's denominator over the whole catalogue, in nats.
    Logits that are not among those of the denominator may give more than 1, yet never more than a float32 can hold.
    """
    scaled = calibration.scale * logits.astype(np.float64) - log_partitions[:, None]
    return np.exp(np.minimum(scaled, LARGEST_LOG)).astype(np.float32)


def sum_partitions(logits: NDArray[np.floating], calibration: Calibration) -> Doubles:
    """Logs [n] of the calibrated softmax's denominators, in nats, for logits [n, I] of the whole catalogue."""
    scaled = calibration.scale * np.asarray(logits, dtype=np.float64)
    peak = scaled.max(axis=1)
    np.exp(np.subtract(scaled, peak[:, None], out=scaled), out=scaled)
    return np.asarray(peak + np.log(scaled.sum(axis=1)))
