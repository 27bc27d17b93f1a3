"""The regrouped weights of single requests against the plain network."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.contract.arrays import Floats
from models.contract.statistics import STATISTICS
from models.contract.tasks import Head, Per, Task
from models.network.config import ExpertKind, NetworkConfig
from models.network.fused_scorer import FusedScorer, UserPart
from models.network.last_state import LastState
from models.network.model import ChorusNetwork
from models.network.scorer_input import USER_NUMBERS, UserSide, build_scorer_input
from models.network.shape import NetworkShape

SHAPE = NetworkShape(
    item_ids=20,
    item_tokens=6,
    item_numeric=0,
    content=0,
    actions=5,
    user_tokens=5,
    user_numeric=0,
    user_text=0,
    context_tokens=9,
    action_rates=2,
)
HEADS = (
    Head(task=Task(name="like", kind="binary", label="value >= 4"), classes=()),
    Head(task=Task(name="daypart", kind="context", label="time.daypart"), classes=("morning", "night")),
    Head(task=Task(name="genre", kind="multilabel", label="item.genres"), classes=("a", "b", "c")),
    Head(task=Task(name="back", kind="binary", per=Per.USER, label="value >= 4 within 7d"), classes=()),
)
ITEMS = 7


def make_network(experts: ExpertKind) -> ChorusNetwork:
    torch.manual_seed(5)
    config = NetworkConfig(dim=16, experts=experts, expert_width=8, tower_width=6, expert_count=2)
    network = ChorusNetwork(config, SHAPE, HEADS).eval()
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight) * 0.2)  # also those that start at zero
    return network


def draw(*shape: int) -> Floats:
    return torch.randn(*shape).numpy()


def draw_user(events: int) -> UserPart:
    return UserPart(
        state=draw(16),
        events=draw(events, 16),
        numbers=draw(USER_NUMBERS + 2),
        last=np.array([3, 0, 4]),
        context=np.array([5, 6, 0]),
    )


@pytest.mark.parametrize("events", [0, 1, 12])
@pytest.mark.parametrize("experts", list(ExpertKind))
@torch.inference_mode()
def test_logits_are_those_of_the_plain_scorer(experts: ExpertKind, events: int) -> None:
    network = make_network(experts)
    user = draw_user(events)
    vectors, statistics = draw(ITEMS, 16), draw(ITEMS, len(STATISTICS) + 2)
    side = UserSide(
        states=torch.from_numpy(user.state[None]),
        events=torch.from_numpy(user.events[None]),
        attend=torch.ones(1, events, dtype=torch.bool),
        numbers=torch.from_numpy(user.numbers[None]),
        last=torch.from_numpy(user.last[None]),
        context=torch.from_numpy(user.context[None]),
    )
    items = (torch.from_numpy(vectors[None]), torch.from_numpy(statistics[None]))
    plain = network.scorer(build_scorer_input(side, *items))
    fused = FusedScorer(network.scorer)
    for names in (("like", "daypart", "genre"), ("genre",), ("daypart",), ()):
        logits = fused(user, vectors, statistics, names)
        assert set(logits) == set(names)
        for name in names:
            expected = plain[name][0].numpy()
            np.testing.assert_allclose(np.broadcast_to(logits[name], expected.shape), expected, atol=1e-5)


@torch.inference_mode()
def test_an_input_of_the_user_changes_the_logits() -> None:
    """No part of the user is dropped when its columns are folded."""
    fused = FusedScorer(make_network(ExpertKind.PLE).scorer)
    user, vectors, statistics = draw_user(3), draw(ITEMS, 16), draw(ITEMS, len(STATISTICS) + 2)
    before = fused(user, vectors, statistics, ("like",))["like"]
    for change in (
        {"state": user.state + 1},
        {"numbers": user.numbers + 1},
        {"events": user.events + draw(3, 16)},
        {"last": np.array([7, 0, 0])},
    ):
        after = fused(replace(user, **change), vectors, statistics, ("like",))["like"]
        assert not np.allclose(before, after, atol=1e-3)


@pytest.mark.parametrize("events", [0, 1, 5, 9, 14])
@torch.inference_mode()
def test_the_last_state_is_that_of_the_whole_sequence(events: int) -> None:
    """Also for a history that is longer than the one whose bias is kept."""
    tower = make_network(ExpertKind.PLE).users
    profile, history = torch.randn(16), torch.randn(events, 16)
    expected = tower(profile[None], history[None])[0, -1]
    np.testing.assert_allclose(LastState(tower, 9)(profile, history).numpy(), expected.numpy(), atol=1e-5)
