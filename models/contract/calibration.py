"""Logits -> calibrated predictions. One definition for the evaluation and the service."""

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from models.contract.arrays import Floats
from models.contract.tasks import Head, TaskKind


class Calibration(BaseModel):
    """calibrated = scale * logit + shift, fitted on the validation split (Platt 1999; Guo et al. 2017)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scale: float = Field(default=1.0, gt=0)
    shift: float = 0.0


def sigmoid(x: NDArray[np.floating]) -> Floats:
    """1 / (1 + exp(-x)) without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x.astype(np.float64))), dtype=np.float32)


def softmax(x: NDArray[np.floating]) -> Floats:
    """Over the last axis."""
    shifted = np.exp(x.astype(np.float64) - x.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)


def predictions(head: Head, logits: Floats, calibration: Calibration) -> Floats:
    """Calibrated predictions [n, width] of logits [n, width]: probabilities, or the task's own unit."""
    scaled = calibration.scale * logits + calibration.shift
    if head.task.kind is TaskKind.REGRESSION:
        low, high = head.task.range or (-np.inf, np.inf)
        return np.asarray(np.clip(scaled, low, high), dtype=np.float32)
    return softmax(scaled) if head.task.kind is TaskKind.CONTEXT else sigmoid(scaled)


def head_values(head: Head, predicted: Floats, labels: Floats | None) -> Floats:
    """One value [n] a candidate from predictions [n, width].

    Multilabel: the mean probability of the candidate's own labels (`labels` [n, width], 0/1); an item without
    labels gets the mean over all. Context: the probability of the request's context (`labels` one-hot); an
    unknown context gives 1 / width to all.
    """
    if head.task.kind in (TaskKind.BINARY, TaskKind.REGRESSION):
        return predicted[:, 0]
    if labels is None:
        labels = np.zeros_like(predicted)
    count = labels.sum(axis=1)
    mean = (predicted * labels).sum(axis=1) / np.maximum(count, 1)
    return np.asarray(np.where(count > 0, mean, predicted.mean(axis=1)), dtype=np.float32)
