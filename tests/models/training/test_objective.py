"""One batch's losses: the softmax, full and sampled; and how losses are balanced."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.contract.tasks import NEXT
from models.job.training_config import Balancing
from models.training.batches import collate, cut_windows
from models.training.corpus import PART_TRAIN
from models.training.objective import (
    FULL_SOFTMAX_ITEMS,
    Balance,
    Tables,
    batch_losses,
    encode_states,
    pair_next_items,
)

TRAIN = frozenset({PART_TRAIN})
CPU = torch.device("cpu")


@pytest.fixture
def batch(shop_data):
    corpus = shop_data.corpus
    return collate(corpus, cut_windows(corpus, TRAIN, 20).take(np.arange(0, 40, 3)), TRAIN)


def tables(shop_data, negatives: int) -> Tables:
    corpus = shop_data.corpus
    return Tables.of(corpus.catalogue, torch.from_numpy(corpus.statistics), negatives, CPU)


@torch.no_grad()
def rough(make_network):
    """A network whose items differ much."""
    network = make_network().eval()
    torch.manual_seed(3)
    network.items.ids.weight.normal_(std=0.5)
    network.items.id_bias.weight.normal_(std=0.5)
    return network


@torch.no_grad()
def test_the_full_softmax_by_hand(shop_data, make_network, batch):
    network, given = rough(make_network), tables(shop_data, 0)
    vectors, bias = network.items(*given.catalogue)
    states, _ = encode_states(network, batch, vectors[batch.items])
    losses = []
    for user, place in batch.is_target.nonzero().tolist():
        popularity = network.items.popularity(given.statistics[batch.snapshot[user, place]])
        asked = states[user, place] + network.users.ask(batch.context[user, place])
        logits = vectors @ asked + bias + popularity
        losses.append(float(torch.logsumexp(logits, 0) - logits[batch.items[user, place]]))
    found = batch_losses(network, batch, given, torch.Generator())
    assert float(found[NEXT]) == pytest.approx(np.mean(losses), rel=1e-5)
    assert set(found) == {NEXT, "like", "rating", "genre", "device"}


@torch.no_grad()
def test_so_many_negatives_are_the_full_softmax(shop_data, make_network, batch):
    network = rough(make_network)
    full = batch_losses(network, batch, tables(shop_data, 0), torch.Generator())
    sampled = batch_losses(network, batch, tables(shop_data, 10_000_000), torch.Generator().manual_seed(0))
    assert float(sampled[NEXT]) == pytest.approx(float(full[NEXT]), abs=1e-3)
    for name in ("like", "rating", "genre", "device"):  # the heads know nothing of negatives
        assert float(sampled[name]) == pytest.approx(float(full[name]), rel=1e-5)


@torch.no_grad()
def test_few_negatives_are_near_it_on_average(shop_data, make_network, batch):
    """One wanted event at a time, so that the batch's own items say little; uncorrected it is far off."""
    network, random = rough(make_network), torch.Generator().manual_seed(0)
    user = int(batch.present.sum(1).argmin())
    one = {
        name: getattr(batch, name)[[user]] for name in ("items", "actions", "dense", "context", "snapshot")
    }
    one |= {
        name: getattr(batch, name)[[user]]
        for name in ("present", "profile_tokens", "profile_numeric", "profile_text")
    }
    is_target = torch.zeros_like(batch.is_target[[user]])
    is_target[0, 0] = True
    labels = {name: tuple(part[[user]] for part in getattr(batch, name)) for name in ("targets", "has_label")}
    alone = replace(batch, is_target=is_target, weights=is_target.float(), **one, **labels)
    full = float(batch_losses(network, alone, tables(shop_data, 0), random)[NEXT])
    few = [float(batch_losses(network, alone, tables(shop_data, 30), random)[NEXT]) for _ in range(200)]
    assert np.mean(few) == pytest.approx(full, abs=0.25)
    count = int(torch.unique(alone.items[alone.present]).numel()) + 30
    assert full - np.log(100 / count) < np.mean(few)  # an uncorrected sample's loss is lower by about that


@torch.no_grad()
def test_padding_has_no_say_in_the_sampled_softmax(shop_data, make_network, batch):
    network = rough(make_network)
    altered = replace(batch, items=torch.where(batch.present, batch.items, 7))
    assert not batch.present.all()
    losses = [
        batch_losses(network, one, tables(shop_data, 20), torch.Generator().manual_seed(5))
        for one in (batch, altered)
    ]
    for name, loss in losses[0].items():
        assert float(loss) == pytest.approx(float(losses[1][name]), rel=1e-6)


@torch.no_grad()
def test_a_pair_looks_at_what_came_before_it(shop_data, make_network, batch):
    network, given = make_network().eval(), tables(shop_data, 0)
    vectors, _ = network.items(*given.catalogue)
    states, events = encode_states(network, batch, vectors[batch.items])
    found = pair_next_items(batch, given, states, events, vectors[batch.items])
    length = batch.items.shape[1]
    for place in range(length):
        assert found.attend[0, place].tolist() == [event < place for event in range(length - 1)]
    assert not found.numbers[:, 0].any()
    torch.testing.assert_close(found.numbers[:, 1:], batch.dense[:, :-1, -2:])


@pytest.mark.parametrize(("negatives", "same"), [(0, True), (20, False)])
def test_a_full_softmax_copies_no_catalogue(shop_data, make_network, batch, negatives, same):
    network, given, seen = make_network(), tables(shop_data, negatives), []
    network.items.register_forward_pre_hook(lambda _tower, fields: seen.append(fields))
    batch_losses(network, batch, given, torch.Generator().manual_seed(0))
    assert [one is its for one, its in zip(seen[0], given.catalogue, strict=True)] == [same] * 4


def test_a_large_catalogue_gets_negatives(shop_data):
    corpus = shop_data.corpus
    many = FULL_SOFTMAX_ITEMS + 1
    catalogue = replace(corpus.catalogue, ids=np.zeros(many, np.int64))
    statistics = torch.from_numpy(corpus.statistics)
    assert Tables.of(catalogue, statistics, 0, CPU).negatives == FULL_SOFTMAX_ITEMS // 10
    assert Tables.of(catalogue, statistics, 5, CPU).negatives == 5
    assert Tables.of(catalogue, statistics, 0, CPU, full=True).negatives == 0
    assert tables(shop_data, 0).negatives == 0


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


@torch.no_grad()
def test_an_event_is_predicted_without_its_own_value_and_action(shop_data, make_network, batch):
    """A label may be the event's value or action: another last event of every window changes no loss."""
    network, given = rough(make_network), tables(shop_data, 0)
    both = batch.actions[batch.present].unique().sum()
    rows, last = torch.arange(len(batch.items)), batch.present.sum(dim=1) - 1

    def changed(places: torch.Tensor) -> dict[str, float]:
        dense, actions = batch.dense.clone(), batch.actions.clone()
        dense[rows, places] += 1.0
        actions[rows, places] = both - actions[rows, places]  # the other action
        found = batch_losses(network, replace(batch, dense=dense, actions=actions), given, torch.Generator())
        return {name: float(loss) for name, loss in found.items()}

    before = {
        name: float(loss) for name, loss in batch_losses(network, batch, given, torch.Generator()).items()
    }
    assert changed(last) == before
    first = changed(torch.zeros_like(last))
    assert all(first[name] != before[name] for name in before)


def test_heads_learn_from_some_windows_of_a_large_batch(shop_data, make_network, batch, monkeypatch):
    """In training alone: a validation loss is of all windows."""
    network, given, seen = make_network(), tables(shop_data, 0), []
    network.scorer.register_forward_pre_hook(lambda _scorer, pairs: seen.append(len(pairs[0].user)))
    monkeypatch.setattr("models.training.objective.TASK_PAIRS", 3 * batch.items.shape[1])
    batch_losses(network.train(), batch, given, torch.Generator().manual_seed(0))
    batch_losses(network.eval(), batch, given, torch.Generator().manual_seed(0))
    assert seen == [3, len(batch.items)]
    assert len(batch.items) > 3


@torch.no_grad()
@pytest.mark.parametrize("reads", [False, True])
def test_heads_without_ids_do_not_know_the_item_that_they_judge(shop_data, make_network, batch, reads):
    """Other IDs of items that are in no history change the loss of `next`, and those of the heads if they read IDs."""
    network, given, batch = rough(make_network), tables(shop_data, 0), batch.take(torch.arange(1))
    network.heads_read_ids = reads
    place = torch.arange(batch.items.shape[1])
    last = place == batch.present.sum(dim=1, keepdim=True) - 1
    judged = set(batch.items[last].tolist()) - set(batch.items[batch.present & ~last].tolist())
    assert judged
    before = batch_losses(network, batch, given, torch.Generator())
    network.items.ids.weight[given.catalogue[0][sorted(judged)]] += 1.0
    after = batch_losses(network, batch, given, torch.Generator())
    assert after[NEXT] != before[NEXT]
    for name in ("like", "rating"):
        assert (float(after[name]) == float(before[name])) is not reads
