"""The value of a head: its predictions [n, width] reduced to one number per candidate [n]."""

import numpy as np

from models.contract.arrays import Floats


def take_output(predicted: Floats, _labels: Floats | None) -> Floats:
    """The only output [n] of a head of width 1."""
    return predicted[:, 0]


def average_over_labels(predicted: Floats, labels: Floats | None) -> Floats:
    """Mean prediction [n] over a row's labels, 0/1 [n, width]; over all columns if it has none or `labels` is None."""
    if labels is None:
        labels = np.zeros_like(predicted)
    count = labels.sum(axis=1)
    mean = (predicted * labels).sum(axis=1) / np.maximum(count, 1)
    if not (count > 0).all():
        mean = np.where(count > 0, mean, predicted.mean(axis=1))
    return np.asarray(mean, dtype=np.float32)
