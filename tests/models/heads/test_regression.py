"""Regression heads by hand."""

import numpy as np
import pytest
import torch

from models.contract.calibration import Calibration
from models.contract.tasks import Task
from models.heads.regression import REGRESSION, scale_targets
from models.heads.targets import NumberTargets

UNIT = Calibration(scale=2, shift=3)
RATING = Task(name="rating", kind="regression", label="value", range=(1, 5))


def test_the_loss_is_in_half_ranges():
    assert scale_targets(torch.tensor([1.0, 3.0, 5.0]), 1, 5).tolist() == [-1, 0, 1]
    loss = REGRESSION.loss(RATING, torch.tensor([[0.0], [0.0]]), torch.tensor([[5.0], [4.0]]))
    assert float(loss) == pytest.approx((1 + 0.25) / 2)


def test_predictions_are_clipped_to_the_range():
    predicted = REGRESSION.predict(RATING, np.array([[-9.0], [0.5], [9.0]], np.float32), UNIT)
    assert predicted[:, 0].tolist() == [1.0, 4.0, 5.0]
    assert REGRESSION.raw_calibration(RATING) == UNIT


def test_the_line_is_least_squares():
    random = np.random.default_rng(1)
    logits = random.normal(size=(200, 1)).astype(np.float32)
    targets = (0.7 * logits + 3.4 + 0.1 * random.normal(size=logits.shape)).astype(np.float32)
    found = REGRESSION.fit_calibration(RATING, logits, targets)
    scale, shift = np.polyfit(logits[:, 0], targets[:, 0], 1)
    assert (found.scale, found.shift) == (pytest.approx(scale, rel=1e-4), pytest.approx(shift, rel=1e-4))


def test_a_line_that_falls_or_stands_is_the_tasks_own_unit():
    logits = np.linspace(-1, 1, 100)[:, None].astype(np.float32)
    assert REGRESSION.fit_calibration(RATING, logits, -logits) == UNIT
    assert REGRESSION.fit_calibration(RATING, np.zeros_like(logits), logits) == UNIT


def test_a_range_that_nine_of_ten_labels_lie_outside_is_a_fault():
    values = np.array([3, *([7] * 9)], np.float32)
    targets = NumberTargets(values, np.ones(10, np.bool_))
    assert REGRESSION.find_fault(RATING, targets, np.arange(10)) == (
        "range: expected a range that the labels of the training rows lie in, "
        "given [1, 5] for labels from 3 to 7"
    )
    assert REGRESSION.find_fault(RATING, targets, np.arange(9)) is None  # 8 of 9


def test_without_a_range_there_is_no_unit():
    with pytest.raises(ValueError, match=r"expected a range: \[low, high\] for the task x, given none"):
        REGRESSION.raw_calibration(Task(name="x", kind="regression", label="value"))
