"""Calibration lessens the loss on what it is fitted on, and never turns an order round."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contract.calibration import Calibration, predictions, sigmoid, softmax
from models.contract.tasks import Head, Task, TaskKind
from models.export.calibration import LEAST_ROWS, LEAST_SCALE, calibrate, calibrate_softmax, smoothed

LIKE = Head(task=Task(name="like", kind=TaskKind.BINARY, label="value >= 4"))
RATING = Head(task=Task(name="rating", kind=TaskKind.REGRESSION, label="value", range=(1, 5)))
GENRE = Head(task=Task(name="genre", kind=TaskKind.MULTILABEL, label="item.g"), classes=("a", "b"))
CONTEXT = Head(task=Task(name="part", kind=TaskKind.CONTEXT, label="time.daypart"), classes=("a", "b", "c"))
RATING_UNIT = Calibration(scale=2, shift=3)


def log_loss(head: Head, logits, targets, calibration) -> float:
    p = np.clip(predictions(head, logits, calibration).astype(np.float64), 1e-7, 1 - 1e-7)
    if head.task.kind is TaskKind.CONTEXT:
        return float(-np.log((p * targets).sum(1)).mean())
    return float(-np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p)))


@pytest.mark.parametrize(("scale", "shift"), [(0.3, 1.0), (1.0, 0.0), (4.0, -2.0)])
def test_platt_finds_what_was_done_to_the_logits(scale: float, shift: float):
    random = np.random.default_rng(0)
    logits = random.normal(size=(20_000, 1)).astype(np.float32)
    targets = (random.random((20_000, 1)) < sigmoid(scale * logits + shift)).astype(np.float32)
    found = calibrate(LIKE, logits, targets)
    assert found.scale == pytest.approx(scale, rel=0.15)
    assert found.shift == pytest.approx(shift, abs=0.15)
    assert log_loss(LIKE, logits, targets, found) <= log_loss(LIKE, logits, targets, Calibration()) + 1e-9


def test_the_temperature_is_found():
    random = np.random.default_rng(0)
    logits = random.normal(size=(5_000, 4)).astype(np.float32)
    chances = softmax(2.5 * logits)
    chosen = (chances.cumsum(1) > random.random((5_000, 1))).argmax(1)
    assert calibrate_softmax(logits, chosen).scale == pytest.approx(2.5, rel=0.1)
    assert calibrate_softmax(logits, chosen).shift == 0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(-4, 4), st.floats(0, 1))
def test_any_labels_make_it_no_worse_and_no_order_is_lost(seed: int, skill: float, share: float):
    """Also where a head knows nothing, or the opposite of what is so."""
    random = np.random.default_rng(seed)
    for head in (LIKE, GENRE, CONTEXT):
        logits = (3 * random.normal(size=(120, head.width))).astype(np.float32)
        noise = random.normal(size=logits.shape)
        score = skill * logits + noise
        if head is CONTEXT:
            targets = np.eye(3, dtype=np.float32)[score.argmax(1)]
        else:
            targets = (score > np.quantile(score, share)).astype(np.float32)
        found = calibrate(head, logits, targets)
        assert found.scale >= LEAST_SCALE
        assert math.isfinite(found.scale)
        assert math.isfinite(found.shift)
        fitted = targets if head is CONTEXT else smoothed(targets)
        before, after = (log_loss(head, logits, fitted, one) for one in (Calibration(), found))
        assert after <= before + 1e-4
        line = np.linspace(-3, 3, 50)[:, None].astype(np.float32)
        if head is LIKE:
            assert (np.diff(predictions(head, line, found)[:, 0]) >= 0).all()


def test_separable_labels_stay_finite():
    logits = np.linspace(-1, 1, 100)[:, None].astype(np.float32)
    for targets in (logits > 0, np.ones_like(logits), np.zeros_like(logits)):
        found = calibrate(LIKE, logits, targets.astype(np.float32))
        assert np.isfinite(predictions(LIKE, logits, found)).all()


def test_smoothed_targets_by_hand():
    given = smoothed(np.array([[1], [0], [1], [1]], dtype=np.float32))
    assert given[:, 0].tolist() == pytest.approx([4 / 5, 1 / 3, 4 / 5, 4 / 5])


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_labels_that_are_all_alike_do_not_explode(label: float):
    """The chance is as of 100 rows and one more of each kind: 101/102, or 1/102."""
    logits = np.linspace(-1, 1, 100)[:, None].astype(np.float32)
    found = calibrate(LIKE, logits, np.full_like(logits, label))
    assert predictions(LIKE, logits, found)[:, 0] == pytest.approx(
        np.full(100, 101 / 102 if label else 1 / 102), abs=2e-3
    )
    assert abs(found.shift) < 6


def test_the_line_is_least_squares():
    random = np.random.default_rng(1)
    logits = random.normal(size=(200, 1)).astype(np.float32)
    targets = (0.7 * logits + 3.4 + 0.1 * random.normal(size=logits.shape)).astype(np.float32)
    found = calibrate(RATING, logits, targets)
    scale, shift = np.polyfit(logits[:, 0], targets[:, 0], 1)
    assert (found.scale, found.shift) == (pytest.approx(scale, rel=1e-4), pytest.approx(shift, rel=1e-4))


def test_a_line_that_falls_or_stands_is_the_tasks_own_unit():
    logits = np.linspace(-1, 1, 100)[:, None].astype(np.float32)
    assert calibrate(RATING, logits, -logits) == RATING_UNIT
    assert calibrate(RATING, np.zeros_like(logits), logits) == RATING_UNIT


@pytest.mark.parametrize("rows", [0, 1, LEAST_ROWS - 1])
def test_few_rows_calibrate_nothing(rows: int):
    logits = np.full((rows, 1), 3, np.float32)
    assert calibrate(LIKE, logits, np.zeros_like(logits)) == Calibration()
    assert calibrate(RATING, logits, logits) == RATING_UNIT
