"""Logits -> probabilities, by hand."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from models.contract.calibration import Calibration, sigmoid, softmax


def test_sigmoid_and_softmax_do_not_overflow():
    assert sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]
    assert sigmoid(np.array([1.0]))[0] == pytest.approx(1 / (1 + math.exp(-1)))
    assert softmax(np.array([[1e4, 0.0], [0.0, 0.0]])).tolist() == [[1.0, 0.0], [0.5, 0.5]]


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan])
def test_a_calibration_never_turns_an_order_round(scale: float):
    with pytest.raises(ValidationError):
        Calibration(scale=scale)
