"""The softmax loss in blocks against torch's cross-entropy over all logits at once."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from models.training import softmax_loss as module
from models.training.softmax_loss import NextTargets, softmax_loss, split_into_blocks

ROWS, ITEMS, WIDTH, GROUPS = 37, 11, 5, 3


@pytest.fixture(params=[10_000, 40], ids=["one block a group", "blocks of three rows"])
def block_cells(request, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_CELLS", request.param)


def draw(groups: int) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor, Tensor]:
    random = torch.Generator().manual_seed(5)
    shapes = (ROWS, WIDTH), (ITEMS, WIDTH), (groups, ITEMS)
    states, vectors, bias = (
        torch.randn(shape, generator=random).mul_(3).requires_grad_() for shape in shapes
    )
    group = torch.randint(groups, (ROWS,), generator=random)
    return (states, vectors, bias), group, torch.randint(ITEMS, (ROWS,), generator=random)


def test_by_hand():
    states = torch.eye(2)
    vectors = torch.tensor([[math.log(3), 0.0], [0.0, 0.0]])
    group, positive = torch.zeros(2, dtype=torch.int64), torch.tensor([0, 1])
    loss = softmax_loss(NextTargets(states, vectors, torch.zeros(1, 2), group, positive))
    assert float(loss) == pytest.approx((-math.log(0.75) + math.log(2)) / 2)


@pytest.mark.parametrize("groups", [1, GROUPS])
@pytest.mark.usefixtures("block_cells")
def test_loss_and_gradients_are_those_of_the_whole_matrix(groups):
    weights, group, positive = draw(groups)
    states, vectors, bias = weights
    expected = cross_entropy(states @ vectors.T + bias[group], positive)
    found = softmax_loss(NextTargets(*weights, group, positive))
    assert float(found.detach()) == pytest.approx(float(expected.detach()), rel=1e-6)
    for given, wanted in zip(
        torch.autograd.grad(2 * found, weights), torch.autograd.grad(2 * expected, weights), strict=True
    ):
        torch.testing.assert_close(given, wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.usefixtures("block_cells")
def test_in_bfloat16_the_gradient_is_near_and_in_the_type_of_the_weights():
    weights, group, positive = draw(GROUPS)
    expected = torch.autograd.grad(softmax_loss(NextTargets(*weights, group, positive)), weights)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = softmax_loss(NextTargets(*weights, group, positive))
    assert loss.dtype == torch.float32
    for given, wanted in zip(torch.autograd.grad(loss, weights), expected, strict=True):
        assert given.dtype == torch.float32
        assert float((given - wanted).norm() / wanted.norm()) < 0.02


def test_large_logits_do_not_overflow():
    states, vectors = torch.full((1, 1), 1e4), torch.tensor([[1.0], [0.0]])
    zeros = torch.zeros(1, 2), torch.zeros(1, dtype=torch.int64)
    assert float(softmax_loss(NextTargets(states, vectors, *zeros, torch.tensor([0])))) == 0
    assert float(softmax_loss(NextTargets(states, vectors, *zeros, torch.tensor([1])))) == 1e4


def test_without_rows_the_loss_is_zero_and_can_be_differentiated():
    states, none = torch.zeros(0, WIDTH, requires_grad=True), torch.zeros(0, dtype=torch.int64)
    loss = softmax_loss(NextTargets(states, torch.zeros(ITEMS, WIDTH), torch.zeros(1, ITEMS), none, none))
    loss.backward()
    assert float(loss.detach()) == 0


def test_blocks_hold_rows_of_one_group_and_all_rows_once(monkeypatch):
    monkeypatch.setattr(module, "BLOCK_CELLS", 20)
    group = torch.tensor([0, 0, 0, 2, 2, 5])
    blocks = [(list(range(6))[rows], number) for rows, number in split_into_blocks(group, 10)]
    assert blocks == [([0, 1], 0), ([2], 0), ([3, 4], 2), ([5], 5)]


@pytest.mark.parametrize("groups", [1, GROUPS])
@pytest.mark.usefixtures("block_cells")
def test_a_weight_of_two_is_a_row_twice(groups):
    inputs, group, positive = draw(groups)
    twice = torch.cat([torch.arange(ROWS), torch.arange(5)])
    weights = torch.ones(ROWS)
    weights[:5] = 2
    found = softmax_loss(NextTargets(*inputs, group, positive, weights))
    states, vectors, bias = inputs
    expected = softmax_loss(NextTargets(states[twice], vectors, bias, group[twice], positive[twice]))
    assert float(found.detach()) == pytest.approx(float(expected.detach()), rel=1e-6)
    for given, wanted in zip(
        torch.autograd.grad(found, inputs), torch.autograd.grad(expected, inputs), strict=True
    ):
        torch.testing.assert_close(given, wanted, rtol=1e-5, atol=1e-6)
