"""The contract that every registered head kind keeps."""

import json

import numpy as np
import pytest
import torch

from models.contract.tasks import Head
from models.heads.protocol import HeadKind, Subject
from models.heads.registry import find_kind
from models.heads.targets import NumberTargets

N = 120


@pytest.fixture
def kind(head) -> HeadKind:
    return find_kind(head.task.kind)


@pytest.fixture
def logits(head) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(N, head.width)).astype(np.float32)


@pytest.fixture
def targets(head, logits, make_targets) -> np.ndarray:
    noise = np.random.default_rng(1).normal(size=logits.shape)
    return make_targets(head, logits + noise)


def test_the_loss_is_finite_and_falls_along_its_gradient(head, kind, logits, targets):
    x, y = torch.from_numpy(logits).requires_grad_(), torch.from_numpy(targets)
    loss = kind.loss(head.task, x, y)
    loss.backward()
    assert loss.shape == () and float(loss.detach()) > 0
    assert torch.isfinite(x.grad).all()
    assert float(kind.loss(head.task, x.detach() - 0.5 * x.grad, y)) < float(loss.detach())


def test_predictions_are_finite_floats_of_the_logits_shape(head, kind, logits):
    for scale in (1, 1e4):
        predicted = kind.predict(head.task, scale * logits, kind.raw_calibration(head.task))
        assert predicted.shape == logits.shape and predicted.dtype == np.float32
        assert np.isfinite(predicted).all()
    assert kind.predict(head.task, logits[:0], kind.raw_calibration(head.task)).shape == (0, head.width)


def test_a_fitted_calibration_lessens_the_loss_and_keeps_the_order(head, kind, logits, targets):
    calibration = kind.fit_calibration(head.task, logits, targets)
    line = np.zeros((50, head.width), np.float32)
    line[:, 0] = np.linspace(-3, 3, 50)
    rising = kind.predict(head.task, line, calibration)[:, 0]
    assert (np.diff(rising) >= 0).all() and rising[-1] > rising[0]
    raw = kind.raw_calibration(head.task)
    errors = [np.abs(kind.predict(head.task, logits, one) - targets).mean() for one in (raw, calibration)]
    assert errors[1] <= errors[0] + 0.02


def test_a_value_lies_between_the_smallest_and_the_largest_prediction(head, kind, logits, targets):
    predicted = kind.predict(head.task, logits, kind.raw_calibration(head.task))
    for labels in (None, (targets > 0.5).astype(np.float32)):
        values = kind.value(predicted, labels)
        assert values.shape == (N,)
        assert (values >= predicted.min(axis=1) - 1e-6).all()
        assert (values <= predicted.max(axis=1) + 1e-6).all()
    if kind.subject is Subject.NOTHING:
        np.testing.assert_array_equal(kind.value(predicted, None), predicted[:, 0])


def test_varied_targets_have_no_fault(head, kind):
    targets = NumberTargets(np.array([1, 0, 2, 3], np.float32), np.ones(4, np.bool_))
    assert kind.find_fault(head.task, targets, np.arange(4)) is None


def test_a_head_goes_through_json_with_its_kind_as_a_plain_word(head):
    text = head.model_dump_json()
    assert json.loads(text)["task"]["kind"] == head.task.kind
    assert Head.model_validate_json(text) == head
