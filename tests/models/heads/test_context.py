"""Context heads by hand."""

import math

import numpy as np
import pytest
import torch

from models.contract.calibration import Calibration, softmax
from models.heads.context import CONTEXT


def test_loss(make_head):
    logits = torch.tensor([[math.log(3), 0.0], [0.0, 0.0]])
    one_hot = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    loss = CONTEXT.loss(make_head("context").task, logits, one_hot)
    assert float(loss) == pytest.approx((-math.log(0.75) + math.log(2)) / 2)


def test_predictions_add_up_to_one(make_head):
    predicted = CONTEXT.predict(make_head("context").task, np.log([[1.0, 3.0]]), Calibration())
    assert predicted[0] == pytest.approx([0.25, 0.75])


def test_the_value_is_the_probability_of_the_moments_class():
    chances = softmax(np.log(np.array([[0.2, 0.4, 0.9]] * 3, np.float32)))
    assert CONTEXT.value(chances, np.eye(3, dtype=np.float32)) == pytest.approx(np.diag(chances))
    assert CONTEXT.value(chances, None) == pytest.approx([1 / 3] * 3)
