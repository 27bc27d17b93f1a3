"""Affine calibration of logits, and the sigmoid and softmax that turn logits into probabilities."""

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from models.contract.arrays import Floats


class Calibration(BaseModel):
    """calibrated = scale * logit + shift, fitted on the validation split (Platt 1999; Guo et al. 2017).

    The scale is positive, so a calibration keeps the order of the logits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    scale: float = Field(default=1.0, gt=0)
    shift: float = 0.0


def sigmoid(x: NDArray[np.floating]) -> Floats:
    """Element-wise 1 / (1 + exp(-x)), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x.astype(np.float64))), dtype=np.float32)


def softmax(x: NDArray[np.floating]) -> Floats:
    """exp(x) / sum(exp(x)) over the last axis, without overflow."""
    shifted = np.exp(x.astype(np.float64) - x.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)
