"""Binary heads by hand."""

import math

import numpy as np
import pytest
import torch

from models.contract.calibration import Calibration
from models.heads.binary import BINARY
from models.heads.targets import NumberTargets


def test_loss(make_head):
    logits, targets = torch.tensor([[0.0], [math.log(3)]]), torch.tensor([[1.0], [0.0]])
    loss = BINARY.loss(make_head("binary").task, logits, targets)
    assert float(loss) == pytest.approx((math.log(2) + math.log(4)) / 2)
    weighted = BINARY.loss(make_head("binary", positive_weight=3).task, logits, targets)
    assert float(weighted) == pytest.approx((3 * math.log(2) + math.log(4)) / 2)


def test_predictions(make_head):
    task, logits = make_head("binary").task, np.array([[0.0], [math.log(3)]], np.float32)
    assert BINARY.predict(task, logits, Calibration())[:, 0] == pytest.approx([0.5, 0.75])
    shifted = BINARY.predict(task, logits, Calibration(scale=2, shift=-math.log(9)))
    assert shifted[:, 0] == pytest.approx([0.1, 0.5])
    assert BINARY.value(np.array([[0.3]], np.float32), None) == pytest.approx([0.3])


def test_separable_labels_stay_finite(make_head):
    task, logits = make_head("binary").task, np.linspace(-1, 1, 100)[:, None].astype(np.float32)
    for targets in (logits > 0, np.ones_like(logits), np.zeros_like(logits)):
        calibration = BINARY.fit_calibration(task, logits, targets.astype(np.float32))
        assert np.isfinite(BINARY.predict(task, logits, calibration)).all()


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_labels_that_are_all_alike_do_not_explode(make_head, label: float):
    """The probability is that of 100 rows and one more of each kind: 101/102, or 1/102."""
    task, logits = make_head("binary").task, np.linspace(-1, 1, 100)[:, None].astype(np.float32)
    calibration = BINARY.fit_calibration(task, logits, np.full_like(logits, label))
    expected = np.full(100, 101 / 102 if label else 1 / 102)
    assert BINARY.predict(task, logits, calibration)[:, 0] == pytest.approx(expected, abs=2e-3)
    assert abs(calibration.shift) < 6


@pytest.mark.parametrize(("values", "given"), [([1, 1, 0], "all of 2"), ([0, 0, 1], "none of 2")])
def test_one_class_is_a_fault(make_head, values: list[float], given: str):
    targets = NumberTargets(np.array(values, np.float32), np.ones(3, np.bool_))
    fault = BINARY.find_fault(make_head("binary").task, targets, np.array([0, 1]))
    assert fault == (
        f"label: expected training rows for which it holds and others, given {given} for which value holds"
    )
