"""How good the heads' predictions are: pure functions, undefined figures (one class only, no rows) are nan.

Rows without a label are the caller's to leave out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Indices
from models.contract.tasks import TaskKind
from models.evaluation.metrics.calibration import expected_calibration_error

Reals = NDArray[np.floating]
NAN = float("nan")
EPSILON = 1e-7
"""Probabilities are clipped to [EPSILON, 1 - EPSILON] in the log loss: a float32 holds no more."""


@dataclass(frozen=True, slots=True)
class HeadFigures:
    """The figures that a head of this kind has, by name, over `count` rows."""

    kind: TaskKind
    count: int
    figures: Mapping[str, float]


def head_figures(kind: TaskKind, predicted: Reals, labels: Reals) -> HeadFigures:
    """Figures of calibrated predictions [n, width] and labels.

    Labels: binary [n] 0/1; regression [n]; multilabel [n, width] 0/1; context [n] class numbers.
    """
    figures = {
        TaskKind.BINARY: lambda: binary_figures(predicted[:, 0], labels),
        TaskKind.REGRESSION: lambda: regression_figures(predicted[:, 0], labels),
        TaskKind.MULTILABEL: lambda: multilabel_figures(predicted, labels),
        TaskKind.CONTEXT: lambda: context_figures(predicted, labels.astype(np.int64)),
    }[kind]()
    return HeadFigures(kind, len(labels), MappingProxyType(figures))


def auc(scores: Reals, labels: Reals) -> float:
    """The chance that a positive scores above a negative, a tie counting half (Mann and Whitney 1947)."""
    positive = labels > 0.5
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if not n_positive or not n_negative:
        return NAN
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(count) - (count - 1) / 2  # equal scores share the mean of their ranks
    total = mean_rank[place][positive].sum()
    return float((total - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def log_loss(probabilities: Reals, labels: Reals) -> float:
    """Mean negative log likelihood of 0/1 labels, in nats."""
    if not labels.size:
        return NAN
    p = np.clip(probabilities.astype(np.float64), EPSILON, 1 - EPSILON)
    return float(-np.mean(np.where(labels > 0.5, np.log(p), np.log1p(-p))))


def confusion_figures(chosen: Reals, labels: Reals) -> dict[str, float]:
    """Accuracy, precision, recall and F1 of predictions at .5.

    Precision is nan where nothing is predicted, recall where nothing is true, F1 where neither is there.
    """
    predicted, true = chosen >= 0.5, labels > 0.5
    both, given, there = int((predicted & true).sum()), int(predicted.sum()), int(true.sum())
    return {
        "accuracy": _ratio(int((predicted == true).sum()), labels.size),
        "precision": _ratio(both, given),
        "recall": _ratio(both, there),
        "f1": _ratio(2 * both, given + there),
    }


def binary_figures(probabilities: Reals, labels: Reals) -> dict[str, float]:
    """Of probabilities [n] and labels [n] 0/1."""
    _same_shape(probabilities, labels)
    return {
        "auc": auc(probabilities, labels),
        "log_loss": log_loss(probabilities, labels),
        "ece": expected_calibration_error(probabilities, labels),
        **confusion_figures(probabilities, labels),
    }


def regression_figures(predicted: Reals, labels: Reals) -> dict[str, float]:
    """Of predictions [n] and labels [n] in the task's unit."""
    _same_shape(predicted, labels)
    error = predicted.astype(np.float64) - labels
    if not error.size:
        return {"rmse": NAN, "mae": NAN}
    return {"rmse": float(np.sqrt(np.mean(error**2))), "mae": float(np.mean(np.abs(error)))}


def multilabel_figures(probabilities: Reals, labels: Reals) -> dict[str, float]:
    """Of probabilities and labels 0/1 [n, width]: micro over all cells, macro the mean over labels.

    A label for which a figure is undefined is left out of that figure's macro mean.
    """
    _same_shape(probabilities, labels)
    micro = binary_figures(probabilities.ravel(), labels.ravel())
    each = [binary_figures(probabilities[:, column], labels[:, column]) for column in range(labels.shape[1])]
    return {f"micro_{name}": value for name, value in micro.items()} | {
        f"macro_{name}": _mean([figures[name] for figures in each]) for name in micro
    }


def context_figures(probabilities: Reals, labels: Indices) -> dict[str, float]:
    """Of class probabilities [n, C] and class numbers [n]; `ece` is the top class's (Guo et al. 2017)."""
    if labels.shape != (len(probabilities),):
        raise ValueError(f"expected class numbers [{len(probabilities)}], given {labels.shape}")
    if not len(labels):
        return {"accuracy": NAN, "log_loss": NAN, "ece": NAN}
    own = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    return {
        "accuracy": float(right.mean()),
        "log_loss": float(-np.log(np.clip(own, EPSILON, 1)).mean()),
        "ece": expected_calibration_error(probabilities.max(axis=1), right.astype(np.float64)),
    }


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else NAN


def _mean(values: list[float]) -> float:
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else NAN


def _same_shape(predicted: Reals, labels: Reals) -> None:
    if predicted.shape != labels.shape:
        raise ValueError(f"expected labels {predicted.shape}, given {labels.shape}")
