"""The masked loss of a head."""

import math

import pytest
import torch

from models.contract.tasks import Task
from models.heads.registry import HEAD_KINDS, find_kind
from models.training.losses import task_loss


def test_unknown_rows_have_no_part_in_the_loss():
    logits, targets = torch.tensor([[0.0], [math.log(3)]]), torch.tensor([[1.0], [torch.nan]])
    like = Task(name="like", kind="binary", label="value >= 4")
    known = torch.tensor([True, False])
    assert float(task_loss(like, logits, targets, known)) == pytest.approx(math.log(2))


@pytest.mark.parametrize("kind", list(HEAD_KINDS))
def test_nothing_known_is_no_loss_and_no_gradient(kind: str):
    logits = torch.randn(2, 2, requires_grad=True)
    span = (1, 5) if find_kind(kind).needs_range else None
    task = Task(name="x", kind=kind, label="value", range=span)
    loss = task_loss(task, logits, torch.full((2, 2), torch.nan), torch.zeros(2, dtype=torch.bool))
    loss.backward()
    assert float(loss.detach()) == 0
    assert not logits.grad.any()
