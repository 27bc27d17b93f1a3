"""Logits -> predictions and values, by hand."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from models.contract.calibration import Calibration, head_values, predictions, sigmoid, softmax
from models.contract.tasks import Head, Task, TaskKind

AS_IT_IS = Calibration()


def head(kind: TaskKind, classes: tuple[str, ...] = (), **more) -> Head:
    return Head(task=Task(name="x", kind=kind, label="value", **more), classes=classes)


def test_sigmoid_and_softmax_do_not_overflow():
    assert sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]
    assert sigmoid(np.array([1.0]))[0] == pytest.approx(1 / (1 + math.exp(-1)))
    assert softmax(np.array([[1e4, 0.0], [0.0, 0.0]])).tolist() == [[1.0, 0.0], [0.5, 0.5]]


def test_predictions_by_hand():
    logits = np.array([[0.0], [math.log(3)]], np.float32)
    assert predictions(head(TaskKind.BINARY), logits, AS_IT_IS)[:, 0] == pytest.approx([0.5, 0.75])
    shifted = predictions(head(TaskKind.BINARY), logits, Calibration(scale=2, shift=-math.log(9)))
    assert shifted[:, 0] == pytest.approx([0.1, 0.5])
    rating = head(TaskKind.REGRESSION, range=(1, 5))
    unit = Calibration(scale=2, shift=3)
    assert predictions(rating, np.array([[-9.0], [0.5], [9.0]]), unit)[:, 0].tolist() == [1.0, 4.0, 5.0]
    context = head(TaskKind.CONTEXT, ("a", "b"))
    assert predictions(context, np.log([[1.0, 3.0]]), AS_IT_IS)[0] == pytest.approx([0.25, 0.75])
    labels = head(TaskKind.MULTILABEL, ("a", "b"))
    assert predictions(labels, np.zeros((1, 2)), AS_IT_IS).tolist() == [[0.5, 0.5]]


def test_values_by_hand():
    predicted = np.array([[0.2, 0.4, 0.9]] * 3, np.float32)
    own = np.array([[1, 1, 0], [0, 0, 1], [0, 0, 0]], np.float32)
    labels = head(TaskKind.MULTILABEL, ("a", "b", "c"))
    assert head_values(labels, predicted, own) == pytest.approx([0.3, 0.9, 0.5])
    assert head_values(labels, predicted, None) == pytest.approx([0.5] * 3)
    context = head(TaskKind.CONTEXT, ("a", "b", "c"))
    chances = softmax(np.log(predicted))
    assert head_values(context, chances, np.eye(3, dtype=np.float32)) == pytest.approx(np.diag(chances))
    assert head_values(context, chances, None) == pytest.approx([1 / 3] * 3)
    one = np.array([[0.3]], np.float32)
    assert head_values(head(TaskKind.BINARY), one, None) == pytest.approx([0.3])


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan])
def test_a_calibration_never_turns_an_order_round(scale: float):
    with pytest.raises(ValidationError):
        Calibration(scale=scale)
