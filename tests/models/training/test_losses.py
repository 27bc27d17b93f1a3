"""Losses by hand, and their balance."""

import math

import pytest
import torch

from models.contract.tasks import Task, TaskKind
from models.job.training_config import Balancing
from models.training.losses import next_item_loss, targets_to_unit, task_loss
from models.training.objective import Balance

NONE = torch.zeros(2, dtype=torch.bool)
ALL = torch.ones(2, dtype=torch.bool)


def task(kind: TaskKind, **more) -> Task:
    return Task(name="x", kind=kind, label="value", **more)


def test_next_item():
    logits = torch.tensor([[math.log(3), 0.0], [0.0, 0.0]])
    found = next_item_loss(logits, torch.tensor([0, 1]))
    assert float(found) == pytest.approx((-math.log(0.75) + math.log(2)) / 2)
    assert float(next_item_loss(torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64))) == 0


def test_binary():
    logits, targets = torch.tensor([[0.0], [math.log(3)]]), torch.tensor([[1.0], [0.0]])
    plain = (math.log(2) + math.log(4)) / 2
    assert float(task_loss(task(TaskKind.BINARY), logits, targets, ALL)) == pytest.approx(plain)
    weighed = task(TaskKind.BINARY, positive_weight=3)
    assert float(task_loss(weighed, logits, targets, ALL)) == pytest.approx(
        (3 * math.log(2) + math.log(4)) / 2
    )
    known = torch.tensor([True, False])
    assert float(task_loss(task(TaskKind.BINARY), logits, targets, known)) == pytest.approx(math.log(2))


def test_multilabel_is_the_mean_over_labels():
    logits, targets = torch.zeros(2, 3), torch.tensor([[1.0, 0, 0], [1, 1, 1]])
    assert float(task_loss(task(TaskKind.MULTILABEL), logits, targets, ALL)) == pytest.approx(math.log(2))


def test_regression_is_in_half_ranges():
    rating = task(TaskKind.REGRESSION, range=(1, 5))
    assert targets_to_unit(torch.tensor([1.0, 3.0, 5.0]), 1, 5).tolist() == [-1, 0, 1]
    loss = task_loss(rating, torch.tensor([[0.0], [0.0]]), torch.tensor([[5.0], [4.0]]), ALL)
    assert float(loss) == pytest.approx((1 + 0.25) / 2)


def test_context():
    logits = torch.tensor([[math.log(3), 0.0], [0.0, 0.0]])
    one_hot = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    found = task_loss(task(TaskKind.CONTEXT), logits, one_hot, ALL)
    assert float(found) == pytest.approx((-math.log(0.75) + math.log(2)) / 2)


@pytest.mark.parametrize("kind", TaskKind)
def test_nothing_known_is_no_loss_and_no_gradient(kind: TaskKind):
    logits = torch.randn(2, 2, requires_grad=True)
    more = {"range": (1, 5)} if kind is TaskKind.REGRESSION else {}
    loss = task_loss(task(kind, **more), logits, torch.full((2, 2), torch.nan), NONE)
    loss.backward()
    assert float(loss.detach()) == 0
    assert not logits.grad.any()


def test_fixed_balance_is_the_weighted_sum():
    balance = Balance({"next": 1.0, "like": 0.5}, Balancing.FIXED)
    assert not [p for p in balance.parameters() if p.requires_grad]
    assert float(balance({"next": torch.tensor(2.0), "like": torch.tensor(3.0)}).detach()) == 3.5


def test_uncertainty_settles_at_the_losses():
    """exp(-s) L + s is least at s = log L: each task then weighs 1 / L."""
    balance = Balance({"next": 1.0, "like": 0.5}, Balancing.UNCERTAINTY)
    losses = {"next": torch.tensor(4.0), "like": torch.tensor(0.25)}
    assert float(balance(losses).detach()) == pytest.approx(4 + 0.125)
    optimiser = torch.optim.LBFGS(balance.parameters(), max_iter=50, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = balance(losses)
        loss.backward()
        return loss

    optimiser.step(closure)
    assert float(balance.log_variance["next"].detach()) == pytest.approx(math.log(4), abs=1e-3)
    assert float(balance.log_variance["like"].detach()) == pytest.approx(math.log(0.25), abs=1e-3)
