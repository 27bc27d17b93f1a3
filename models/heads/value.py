"""Predictions [n, width] -> one value [n] a candidate."""

import numpy as np

from models.contract.arrays import Floats


def take_output(predicted: Floats, _labels: Floats | None) -> Floats:
    """The one output of a head of width 1."""
    return predicted[:, 0]


def average_over_labels(predicted: Floats, labels: Floats | None) -> Floats:
    """The mean prediction over the labels 0/1 [n, width] that hold; over all where none holds or `labels` is None."""
    if labels is None:
        labels = np.zeros_like(predicted)
    count = labels.sum(axis=1)
    mean = (predicted * labels).sum(axis=1) / np.maximum(count, 1)
    return np.asarray(np.where(count > 0, mean, predicted.mean(axis=1)), dtype=np.float32)
