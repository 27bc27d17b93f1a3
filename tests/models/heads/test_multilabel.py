"""Multilabel heads by hand."""

import math

import numpy as np
import pytest
import torch

from models.contract.calibration import Calibration
from models.heads.multilabel import MULTILABEL


def test_the_loss_is_the_average_over_labels(make_head):
    logits, targets = torch.zeros(2, 3), torch.tensor([[1.0, 0, 0], [1, 1, 1]])
    assert float(MULTILABEL.loss(make_head("multilabel").task, logits, targets)) == pytest.approx(math.log(2))


def test_predictions_are_one_probability_a_label(make_head):
    task = make_head("multilabel").task
    assert MULTILABEL.predict(task, np.zeros((1, 2), np.float32), Calibration()).tolist() == [[0.5, 0.5]]


def test_the_value_is_the_mean_over_the_items_own_labels():
    predicted = np.array([[0.2, 0.4, 0.9]] * 3, np.float32)
    labels = np.array([[1, 1, 0], [0, 0, 1], [0, 0, 0]], np.float32)
    assert MULTILABEL.value(predicted, labels) == pytest.approx([0.3, 0.9, 0.5])
    assert MULTILABEL.value(predicted, None) == pytest.approx([0.5] * 3)
