"""The head `next`, which every bundle has: is this the user's next item? A softmax over the catalogue.

It is no kind of task and stands in no registry: it has no label, and its logits are inner products of the towers.
"""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from models.contract.arrays import Doubles, Floats
from models.contract.calibration import Calibration
from models.heads.scaling import fit_temperature


def next_item_loss(logits: Tensor, positive: Tensor) -> Tensor:
    """Cross-entropy in nats of logits [P, I] against the positive column [P]; mean over P, 0 where P is 0."""
    if not len(positive):
        return logits.sum() * 0
    return F.cross_entropy(logits, positive)


def fit_next_calibration(logits: Floats, items: NDArray[np.integer]) -> Calibration:
    """The temperature of the softmax: logits [n, I] of the whole catalogue, the items [n] that came.

    Logits as they are where n is 0.
    """
    return fit_temperature(logits, items) if len(logits) else Calibration()


def next_shares(logits: Floats, calibration: Calibration, log_partitions: Doubles) -> Floats:
    """Probabilities [n, K] of logits [n, K].

    `log_partitions` [n] or [1] are the logs of the calibrated softmax's denominators, in nats.
    """
    scaled = calibration.scale * logits.astype(np.float64) - log_partitions[:, None]
    return np.exp(scaled).astype(np.float32)
