"""Fits of scale and shift lessen the loss on what they are fitted on, and never turn an order round."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contract.calibration import Calibration, sigmoid, softmax
from models.heads.scaling import MIN_SCALE, fit_platt, fit_temperature, smooth_targets


def sigmoid_loss(logits: np.ndarray, targets: np.ndarray, calibration: Calibration) -> float:
    p = np.clip(sigmoid(calibration.scale * logits + calibration.shift).astype(np.float64), 1e-7, 1 - 1e-7)
    return float(-np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p)))


def softmax_loss(logits: np.ndarray, classes: np.ndarray, calibration: Calibration) -> float:
    p = np.clip(softmax(calibration.scale * logits + calibration.shift).astype(np.float64), 1e-7, 1 - 1e-7)
    return float(-np.log(p[np.arange(len(p)), classes]).mean())


@pytest.mark.parametrize(("scale", "shift"), [(0.3, 1.0), (1.0, 0.0), (4.0, -2.0)])
def test_platt_finds_what_was_done_to_the_logits(scale: float, shift: float):
    random = np.random.default_rng(0)
    logits = random.normal(size=(20_000, 1)).astype(np.float32)
    targets = (random.random((20_000, 1)) < sigmoid(scale * logits + shift)).astype(np.float32)
    found = fit_platt(logits, targets)
    assert found.scale == pytest.approx(scale, rel=0.15)
    assert found.shift == pytest.approx(shift, abs=0.15)
    assert sigmoid_loss(logits, targets, found) <= sigmoid_loss(logits, targets, Calibration()) + 1e-9


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(-4, 4), st.floats(0, 1), st.integers(1, 3))
def test_platt_on_any_labels_makes_it_no_worse(seed: int, skill: float, share: float, width: int):
    """Also where a head knows nothing, or the opposite of the truth."""
    random = np.random.default_rng(seed)
    logits = (3 * random.normal(size=(120, width))).astype(np.float32)
    score = skill * logits + random.normal(size=logits.shape)
    targets = (score > np.quantile(score, share)).astype(np.float32)
    found = fit_platt(logits, targets)
    assert found.scale >= MIN_SCALE and math.isfinite(found.scale) and math.isfinite(found.shift)
    smooth = smooth_targets(targets)
    assert sigmoid_loss(logits, smooth, found) <= sigmoid_loss(logits, smooth, Calibration()) + 1e-4


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(-4, 4))
def test_a_temperature_on_any_classes_makes_it_no_worse(seed: int, skill: float):
    random = np.random.default_rng(seed)
    logits = (3 * random.normal(size=(120, 3))).astype(np.float32)
    classes = (skill * logits + random.normal(size=logits.shape)).argmax(1)
    found = fit_temperature(logits, classes)
    assert found.scale >= MIN_SCALE and math.isfinite(found.scale) and found.shift == 0
    assert softmax_loss(logits, classes, found) <= softmax_loss(logits, classes, Calibration()) + 1e-4


def test_smooth_targets_by_hand():
    smooth = smooth_targets(np.array([[1], [0], [1], [1]], dtype=np.float32))
    assert smooth[:, 0].tolist() == pytest.approx([4 / 5, 1 / 3, 4 / 5, 4 / 5])
