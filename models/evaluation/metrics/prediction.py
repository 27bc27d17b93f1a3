"""Metrics of predictions [n, width] against targets [n, width]: AUC, log loss, F1, RMSE and others.

A metric that is undefined (one class only, no rows) is nan. The caller leaves out rows without a target.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.evaluation.metrics.calibration import expected_calibration_error

Reals = NDArray[np.floating]
NAN = float("nan")
EPSILON = 1e-7
"""Probabilities are clipped to [EPSILON, 1 - EPSILON] in the log loss: the precision of float32."""


def auc(scores: Reals, labels: Reals) -> float:
    """The probability that a positive scores above a negative; ties count half (Mann and Whitney 1947)."""
    _check_same_shape(scores, labels)
    scores, positive = scores.ravel(), labels.ravel() > 0.5
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if not n_positive or not n_negative:
        return NAN
    _, number, count = np.unique(scores, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(count) - (count - 1) / 2  # equal scores share the mean of their ranks
    total = mean_rank[number][positive].sum()
    return float((total - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def pr_auc(scores: Reals, labels: Reals) -> float:
    """Average precision: the precision at each threshold, weighted by the gain in recall (Davis and Goadrich 2006).

    Equal scores share one threshold. The share of positives for scores without information; nan without a positive.
    """
    _check_same_shape(scores, labels)
    scores, positive = scores.ravel(), labels.ravel() > 0.5
    if not positive.any():
        return NAN
    thresholds, number = np.unique(-scores, return_inverse=True)  # best first
    found = np.cumsum(np.bincount(number, weights=positive, minlength=len(thresholds)))
    predicted = np.cumsum(np.bincount(number, minlength=len(thresholds)))
    return float(np.sum(np.diff(found, prepend=0.0) * found / predicted) / found[-1])


def log_loss(probabilities: Reals, labels: Reals) -> float:
    """Mean negative log likelihood of 0/1 labels, in nats."""
    _check_same_shape(probabilities, labels)
    if not labels.size:
        return NAN
    p = np.clip(probabilities.astype(np.float64), EPSILON, 1 - EPSILON)
    return float(-np.mean(np.where(labels > 0.5, np.log(p), np.log1p(-p))))


def calibration_error(probabilities: Reals, labels: Reals) -> float:
    """Expected calibration error of the probabilities of 0/1 labels (Naeini et al. 2015)."""
    _check_same_shape(probabilities, labels)
    return expected_calibration_error(probabilities.ravel(), labels.ravel())


def accuracy(probabilities: Reals, labels: Reals) -> float:
    """The share of 0/1 labels that the probabilities predict at .5."""
    _check_same_shape(probabilities, labels)
    correct = (probabilities >= 0.5) == (labels > 0.5)
    return _ratio(int(correct.sum()), labels.size)


def precision(probabilities: Reals, labels: Reals) -> float:
    """The share of predictions of at least .5 that are true; nan where there are none."""
    both, predicted, _ = _count_positives(probabilities, labels)
    return _ratio(both, predicted)


def recall(probabilities: Reals, labels: Reals) -> float:
    """The share of true labels predicted at .5 or more; nan where there are none."""
    both, _, true = _count_positives(probabilities, labels)
    return _ratio(both, true)


def f1(probabilities: Reals, labels: Reals) -> float:
    """The harmonic mean of precision and recall; nan where nothing is predicted and nothing true."""
    both, predicted, true = _count_positives(probabilities, labels)
    return _ratio(2 * both, predicted + true)


def rmse(predicted: Reals, targets: Reals) -> float:
    """Root mean squared error, in the targets' unit."""
    _check_same_shape(predicted, targets)
    error = predicted.astype(np.float64) - targets
    return float(np.sqrt(np.mean(error**2))) if error.size else NAN


def mae(predicted: Reals, targets: Reals) -> float:
    """Mean absolute error, in the targets' unit."""
    _check_same_shape(predicted, targets)
    error = predicted.astype(np.float64) - targets
    return float(np.mean(np.abs(error))) if error.size else NAN


def class_accuracy(probabilities: Reals, one_hot: Reals) -> float:
    """The share of rows whose likeliest class is the true one."""
    _check_same_shape(probabilities, one_hot)
    correct = probabilities.argmax(axis=1) == one_hot.argmax(axis=1)
    return float(correct.mean()) if len(correct) else NAN


def class_log_loss(probabilities: Reals, one_hot: Reals) -> float:
    """Mean negative log likelihood of the true class, in nats."""
    _check_same_shape(probabilities, one_hot)
    if not len(one_hot):
        return NAN
    p = np.take_along_axis(probabilities, one_hot.argmax(axis=1)[:, None], axis=1).astype(np.float64)
    return float(-np.log(np.clip(p, EPSILON, 1)).mean())


def class_calibration_error(probabilities: Reals, one_hot: Reals) -> float:
    """Expected calibration error of the likeliest class (Guo et al. 2017)."""
    _check_same_shape(probabilities, one_hot)
    if not len(one_hot):
        return NAN
    correct = probabilities.argmax(axis=1) == one_hot.argmax(axis=1)
    return expected_calibration_error(probabilities.max(axis=1), correct.astype(np.float64))


Metric = Callable[[Reals, Reals], float]


def macro(metric: Metric) -> Metric:
    """The mean of a metric over the columns [n, width]; a column for which it is undefined is left out."""

    def mean_over_columns(predicted: Reals, targets: Reals) -> float:
        _check_same_shape(predicted, targets)
        columns = [metric(predicted[:, column], targets[:, column]) for column in range(targets.shape[1])]
        defined = [value for value in columns if not np.isnan(value)]
        return float(np.mean(defined)) if defined else NAN

    return mean_over_columns


def _count_positives(probabilities: Reals, labels: Reals) -> tuple[int, int, int]:
    """The numbers of labels that are both predicted and true, predicted, true."""
    _check_same_shape(probabilities, labels)
    predicted, true = probabilities >= 0.5, labels > 0.5
    return int((predicted & true).sum()), int(predicted.sum()), int(true.sum())


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else NAN


def _check_same_shape(predicted: Reals, targets: Reals) -> None:
    if predicted.shape != targets.shape:
        raise ValueError(f"expected targets {predicted.shape}, given {targets.shape}")
