"""NDCG@10 of `next` by hand: the rank of the relevant item, ties, weights and blocks."""

import math

import pytest
import torch
from torch import Tensor

import models.training.softmax_loss
from models.training.next_gain import measure_gain
from models.training.softmax_loss import NextTargets

ITEMS = 12
VECTORS = torch.eye(ITEMS)
"""The logits of a state are its numbers."""
NO_BIAS, ONE_GROUP = torch.zeros(1, ITEMS), torch.zeros(3, dtype=torch.int64)


def rank_states(ranks: list[int]) -> tuple[Tensor, Tensor]:
    """States whose item 3 has the given rank, from 1, and the column of that item."""
    states = torch.zeros(len(ranks), ITEMS)
    others = [item for item in range(ITEMS) if item != 3]
    for state, rank in zip(states, ranks, strict=True):
        state[others[: rank - 1]] = 1.0
        state[3] = 0.5
    return states, torch.full((len(ranks),), 3)


def test_gains_by_rank():
    """Rank 1 gains 1, rank 3 gains 1 / log2 4 = 0.5, rank 11 nothing."""
    states, positive = rank_states([1, 3, 11])
    assert measure_gain(NextTargets(states, VECTORS, NO_BIAS, ONE_GROUP, positive)) == pytest.approx(1.5 / 3)


def test_the_tenth_place_counts():
    states, positive = rank_states([10, 10, 10])
    assert measure_gain(NextTargets(states, VECTORS, NO_BIAS, ONE_GROUP, positive)) == pytest.approx(
        1 / math.log2(11)
    )


def test_an_equal_logit_is_above():
    """All twelve logits are equal: the relevant item is the last of them, after the tenth place."""
    states, positive = torch.zeros(3, ITEMS), torch.full((3,), 3)
    assert measure_gain(NextTargets(states, VECTORS, NO_BIAS, ONE_GROUP, positive)) == 0


def test_weights_and_groups():
    """The second group's bias lifts the relevant item from rank 3 to 1: (0.5 + 3 x 1 + 0.5) / 5."""
    states, positive = rank_states([3, 3, 3])
    bias = torch.zeros(2, ITEMS)
    bias[1, 3] = 9.0
    group, weights = torch.tensor([0, 1, 0]), torch.tensor([1.0, 3.0, 1.0])
    assert measure_gain(NextTargets(states, VECTORS, bias, group, positive, weights)) == pytest.approx(4 / 5)


def test_blocks_change_nothing(monkeypatch):
    random = torch.Generator().manual_seed(2)
    states, positive = torch.randn(50, ITEMS, generator=random), torch.arange(50) % ITEMS
    group = torch.arange(50) % 3
    bias = torch.randn(3, ITEMS, generator=random)
    whole = measure_gain(NextTargets(states, VECTORS, bias, group, positive))
    monkeypatch.setattr(models.training.softmax_loss, "BLOCK_CELLS", 5 * ITEMS)
    assert measure_gain(NextTargets(states, VECTORS, bias, group, positive)) == pytest.approx(whole)
    assert 0.1 < whole < 0.9


def test_no_event_has_no_gain():
    none = torch.zeros(0, dtype=torch.int64)
    assert measure_gain(NextTargets(torch.zeros(0, ITEMS), VECTORS, NO_BIAS, none, none)) == 0
