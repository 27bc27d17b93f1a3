"""The towers: shapes, and that no state knows what comes after it."""

import warnings

import numpy as np
import pytest
import torch

from models.contract.event_features import DENSE_WIDTH
from models.contract.statistics import STATISTICS
from models.contract.vocabulary import OOV, PAD
from models.network.config import NetworkConfig
from models.network.shape import NetworkShape
from models.network.towers import ItemTower, UserTower

SHAPE = NetworkShape(
    item_ids=12,
    item_tokens=6,
    item_numeric=2,
    content=3,
    actions=4,
    user_tokens=5,
    user_numeric=2,
    user_text=3,
    context_tokens=6,
)
EMPTY = NetworkShape(
    item_ids=2,
    item_tokens=2,
    item_numeric=0,
    content=0,
    actions=2,
    user_tokens=2,
    user_numeric=0,
    user_text=0,
    context_tokens=2,
)


def config(**changes) -> NetworkConfig:
    return NetworkConfig(dim=8, attention_heads=2, layers=2, dropout=0.3).model_copy(update=changes)


def user_tower(**changes) -> UserTower:
    """With weights large enough that every input matters."""
    torch.manual_seed(1)
    tower = UserTower(config(**changes), SHAPE).eval()
    with torch.no_grad():
        for weight in tower.parameters():
            weight.normal_(std=0.5)
    return tower


def item_tower(**changes) -> ItemTower:
    torch.manual_seed(1)
    tower = ItemTower(config(**changes), SHAPE).eval()
    with torch.no_grad():
        for weight in tower.parameters():
            weight.normal_(std=0.5)
    return tower


def item_input(count: int) -> tuple[torch.Tensor, ...]:
    random = torch.Generator().manual_seed(2)
    return (
        torch.randint(2, 12, (count,), generator=random),
        torch.randint(0, 6, (count, 3), generator=random),
        torch.randn(count, 2, generator=random),
        torch.randn(count, 3, generator=random),
    )


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("heads", [1, 2, 4])
@torch.no_grad()
def test_a_later_event_changes_no_earlier_state(layers: int, heads: int):
    tower = user_tower(layers=layers, attention_heads=heads)
    profile, events = torch.randn(2, 8), torch.randn(2, 6, 8)
    states = tower(profile, events)
    assert states.shape == (2, 7, 8)
    for place in range(6):
        altered = events.clone()
        altered[:, place] = torch.randn(2, 8)  # a constant added is what a layer norm takes off
        found = tower(profile, altered)
        torch.testing.assert_close(found[:, : place + 1], states[:, : place + 1], rtol=0, atol=0)
        moved = (found[:, place + 1 :] - states[:, place + 1 :]).abs().amax(-1)
        assert (moved > 1e-6).all()  # and every later one knows it


@pytest.mark.parametrize("layers", [1, 2, 3])
@torch.no_grad()
def test_alone_is_as_in_a_padded_batch(layers: int):
    tower = user_tower(layers=layers)
    profiles, events = torch.randn(4, 8), torch.randn(4, 9, 8)
    lengths = [0, 1, 5, 9]
    for user, length in enumerate(lengths):
        events[user, length:] = 1e3
    together = tower(profiles, events)
    for user, length in enumerate(lengths):
        alone = tower(profiles[user : user + 1], events[user : user + 1, :length])
        torch.testing.assert_close(alone[0], together[user, : length + 1], rtol=1e-5, atol=1e-5)


def test_alibi_by_hand():
    bias = UserTower(config(attention_heads=2), SHAPE).causal_bias(3)
    far = float("-inf")
    first, second = 2.0**-4, 2.0**-8
    expected = [[[0, far, far], [-slope, 0, far], [-2 * slope, -slope, 0]] for slope in (first, second)]
    torch.testing.assert_close(bias, torch.tensor(expected), rtol=0, atol=0)


@torch.no_grad()
def test_a_profile_of_nothing_is_the_start():
    tower = user_tower()
    with torch.no_grad():
        tower.tokens.weight[PAD] = 0
    nothing = tower.profile(torch.zeros(1, 2, dtype=torch.int64), torch.zeros(1, 2), torch.zeros(1, 3))
    torch.testing.assert_close(nothing[0], tower.start)
    for changed in (
        (torch.tensor([[2, 0]]), torch.zeros(1, 2), torch.zeros(1, 3)),
        (torch.zeros(1, 2, dtype=torch.int64), torch.ones(1, 2), torch.zeros(1, 3)),
        (torch.zeros(1, 2, dtype=torch.int64), torch.zeros(1, 2), torch.ones(1, 3)),
    ):
        assert not torch.allclose(tower.profile(*changed)[0], tower.start)


@torch.no_grad()
def test_items_by_hand():
    """A vector is its ID's, plus the mean of its tokens', plus numbers and content projected."""
    tower = item_tower()
    tower.tokens.weight[PAD] = 0
    ids, tokens = torch.tensor([3, OOV]), torch.tensor([[2, 4, PAD], [PAD, PAD, PAD]])
    numeric, content = (
        torch.tensor([[1.0, 0.0], [0.0, 0.0]]),
        torch.tensor([[0.0, 2.0, 0.0], [0.0, 0.0, 0.0]]),
    )
    vectors, bias = tower(ids, tokens, numeric, content)
    known = tower.ids.weight[3] + (tower.tokens.weight[2] + tower.tokens.weight[4]) / 2
    known = known + tower.numeric.weight[:, 0] + 2 * tower.content.weight[:, 1]
    torch.testing.assert_close(vectors[0], known)
    torch.testing.assert_close(vectors[1], tower.ids.weight[OOV])
    torch.testing.assert_close(bias[0], tower.bias(known)[0] + tower.id_bias.weight[3, 0])


@torch.no_grad()
def test_an_item_alone_is_as_among_others():
    tower = item_tower()
    tower.tokens.weight[PAD] = 0
    ids, tokens, numeric, content = item_input(5)
    vectors, bias = tower(ids, tokens, numeric, content)
    for row in range(5):
        few = tokens[row][tokens[row] != PAD]
        one, its_bias = tower(ids[[row]], few[None], numeric[[row]], content[[row]])
        torch.testing.assert_close(one[0], vectors[row])
        torch.testing.assert_close(its_bias[0], bias[row])


@torch.no_grad()
def test_id_dropout():
    tower = item_tower(id_dropout=0.25)
    count = 4000
    ids = torch.full((count,), 5)
    given = (ids, torch.zeros(count, 1, dtype=torch.int64), torch.zeros(count, 2), torch.zeros(count, 3))
    tower.tokens.weight[PAD] = 0
    tower.train()
    torch.manual_seed(0)
    vectors, _ = tower(*given)
    hidden = (vectors == tower.ids.weight[OOV]).all(1)
    kept = (vectors == tower.ids.weight[5]).all(1)
    assert (hidden ^ kept).all()
    assert float(hidden.float().mean()) == pytest.approx(0.25, abs=0.03)
    vectors, _ = tower.eval()(*given)
    assert (vectors == tower.ids.weight[5]).all()


@torch.no_grad()
def test_popularity():
    tower = item_tower()
    statistics = torch.tensor([[2.0, 3.0, 0.5]])
    learned = float(statistics[0] @ tower.statistics.weight[0])
    assert float(tower.popularity(statistics)) == pytest.approx(learned)
    assert float(tower.train().popularity(statistics)) == pytest.approx(learned)


def test_a_fresh_network_ranks_by_nothing():
    """Statistics, numbers and profile text start without effect."""
    torch.manual_seed(0)
    items, users = ItemTower(config(), SHAPE).eval(), UserTower(config(), SHAPE).eval()
    assert not items.popularity(torch.randn(4, len(STATISTICS))).any()
    assert not users.text.weight.any()
    assert not items.numeric.weight.any()


def test_nothing_to_read_warns_of_nothing():
    """No texts, no numbers, no tokens, no histories: zero widths everywhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        items, users = ItemTower(config(), EMPTY), UserTower(config(), EMPTY)
        vectors, bias = items(
            torch.ones(3, dtype=torch.int64),
            torch.zeros(3, 1, dtype=torch.int64),
            torch.zeros(3, 0),
            torch.zeros(3, 0),
        )
        profile = users.profile(torch.zeros(2, 1, dtype=torch.int64), torch.zeros(2, 0), torch.zeros(2, 0))
        events = users.events(
            torch.zeros(2, 0, 8),
            torch.zeros(2, 0, dtype=torch.int64),
            torch.zeros(2, 0, DENSE_WIDTH),
        )
        states = users(profile, events)
        states.sum().backward()
    assert (vectors.shape, bias.shape, states.shape) == ((3, 8), (3,), (2, 1, 8))
    assert np.isfinite(states.detach().numpy()).all()


@torch.no_grad()
def test_an_unknown_token_says_nothing_before_training():
    """Only item IDs meet OOV in training, and only where some are dropped."""
    items, users = ItemTower(config(), SHAPE), UserTower(config(), SHAPE)
    for table in (items.tokens, users.tokens, users.actions):
        assert not table.weight[OOV].any()
        assert table.weight[OOV + 1 :].any(1).all()
        assert table.weight.requires_grad
    assert items.ids.weight[OOV].any()
    assert not ItemTower(config(id_dropout=0.0), SHAPE).ids.weight[OOV].any()
