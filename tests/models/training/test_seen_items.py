"""What a user had is not in the softmax of `next`: by hand, and against cross-entropy without those items."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.contract.events import Action
from models.contract.tasks import NEXT
from models.training import softmax_loss as module
from models.training.batches import MOST_EARLIER, Windows, collate, cut_windows
from models.training.corpus import PART_TRAIN, Corpus
from models.training.next_gain import measure_gain
from models.training.objective import Tables, batch_losses
from models.training.seen_items import NO_ITEM, SeenItems, find_columns
from models.training.softmax_loss import NextTargets, softmax_loss

TRAIN = frozenset({PART_TRAIN})
HAD = torch.tensor([[NO_ITEM, 2, 0], [4, 4, 1]])
"""Two users' items in order."""


def test_only_what_was_had_before_is_hidden_and_never_the_right_item():
    """The second user's right item is one that they had: a repetition stays in the softmax as what it is."""
    seen = SeenItems(HAD, torch.tensor([0, 0, 1]), torch.tensor([2, 3, 2]))
    logits = torch.arange(15.0).view(3, 5)
    seen.hide(logits, torch.tensor([[1], [3], [4]]))
    hidden = [sorted(row.isinf().nonzero().flatten().tolist()) for row in logits]
    assert hidden == [[2], [0, 2], []]
    assert logits[2].tolist() == [10, 11, 12, 13, 14]


def test_the_loss_is_that_of_a_softmax_over_the_other_items():
    """Logits of log 1, log 2, log 4 and log 8, the third had: 1 / (1 + 2 + 8) in place of 1 / 15."""
    vectors = torch.tensor([[math.log(2.0**power)] for power in range(4)])
    seen = SeenItems(torch.tensor([[2]]), torch.tensor([0]), torch.tensor([1]))
    zero = torch.zeros(1, dtype=torch.int64)
    targets = NextTargets(torch.ones(1, 1), vectors, torch.zeros(1, 4), zero, zero)
    assert float(softmax_loss(targets)) == pytest.approx(math.log(15))
    assert float(softmax_loss(targets._replace(seen=seen))) == pytest.approx(math.log(11))


@pytest.mark.parametrize("cells", [10_000, 20])
def test_gradients_are_those_of_logits_without_the_seen(monkeypatch, cells):
    """Over blocks, and rows that are sorted by group; a seen item gets no gradient from the row."""
    monkeypatch.setattr(module, "BLOCK_CELLS", cells)
    random = torch.Generator().manual_seed(4)
    shapes = (9, 3), (5, 3), (2, 5)
    states, vectors, bias = (torch.randn(shape, generator=random).requires_grad_() for shape in shapes)
    group, positive = torch.arange(9) % 2, torch.arange(9) % 5
    seen = SeenItems(HAD, torch.arange(9) % 2, torch.arange(9) % 4)
    logits = states @ vectors.T + bias[group]
    mask = torch.zeros(9, 5, dtype=torch.bool)
    for row in range(9):
        had = HAD[row % 2, : row % 4]
        mask[row, had[had != NO_ITEM]] = True
        mask[row, positive[row]] = False
    expected = torch.nn.functional.cross_entropy(logits.masked_fill(mask, -torch.inf), positive)
    found = softmax_loss(NextTargets(states, vectors, bias, group, positive, seen=seen))
    assert float(found.detach()) == pytest.approx(float(expected.detach()), rel=1e-6)
    for given, wanted in zip(
        torch.autograd.grad(found, (states, vectors, bias)),
        torch.autograd.grad(expected, (states, vectors, bias)),
        strict=True,
    ):
        torch.testing.assert_close(given, wanted, rtol=1e-4, atol=1e-6)


def test_the_gain_is_that_of_lists_without_the_seen():
    """The right item is third, and both above it were had before the second event: 1 / log2 4, then 1."""
    states = torch.tensor([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]])
    two = torch.full((2,), 2)
    targets = NextTargets(states, torch.eye(3), torch.zeros(1, 3), torch.zeros(2, dtype=torch.int64), two)
    seen = SeenItems(torch.tensor([[0, 1]]), torch.zeros(2, dtype=torch.int64), torch.tensor([0, 2]))
    assert measure_gain(targets) == pytest.approx(0.5)
    assert measure_gain(targets._replace(seen=seen)) == pytest.approx(0.75)


def test_places_among_sampled_items():
    columns = torch.tensor([3, 5, 9])
    assert find_columns(torch.tensor([[5, 4], [9, NO_ITEM], [3, 12]]), columns).tolist() == [
        [1, NO_ITEM],
        [2, NO_ITEM],
        [0, NO_ITEM],
    ]


def test_a_window_knows_what_was_had_before_it(shop_data):
    """Events 3 and 4 of the first user beside the first two of the second, who had nothing before them."""
    corpus = shop_data.corpus
    first, second = int(corpus.offsets[0]), int(corpus.offsets[1])
    starts = np.array([first + 2, second])
    batch = collate(corpus, Windows(np.array([0, 1]), starts, starts, starts + 2), TRAIN)
    assert batch.had.tolist() == [
        corpus.items[first : first + 4].tolist(),
        [NO_ITEM, NO_ITEM, *corpus.items[second : second + 2].tolist()],
    ]


def test_padding_and_what_was_only_shown_count_as_nothing_had(shop_data):
    corpus = shop_data.corpus
    names = list(corpus.log.action_names)
    names[corpus.log.actions[corpus.log_rows[0]]] = Action.IMPRESSION.value
    shown = replace(corpus, log=replace(corpus.log, action_names=tuple(names)))
    start = corpus.offsets[:2]
    batch = collate(shown, Windows(np.arange(2), start, start, start + np.array([1, 3])), TRAIN)
    assert batch.had[0].tolist() == [NO_ITEM] * 3
    is_shown = corpus.actions[start[1] : start[1] + 3] == corpus.actions[0]
    assert (batch.had[1] == NO_ITEM).tolist() == is_shown.tolist()


def test_a_long_history_is_bounded(shop_data):
    corpus: Corpus = shop_data.corpus
    whole = replace(corpus, offsets=np.array([0, len(corpus.items)]))
    start = np.array([len(corpus.items) - 1])
    windows = Windows(np.zeros(1, np.int64), start, start, start + 1)
    assert len(corpus.items) > MOST_EARLIER + 1
    assert collate(whole, windows, TRAIN).had.shape == (1, MOST_EARLIER + 1)


@torch.no_grad()
def test_a_sample_of_everything_hides_the_same(shop_data, make_network):
    """Sampled columns are other columns of the same items."""
    corpus = shop_data.corpus
    batch = collate(corpus, cut_windows(corpus, TRAIN, 6).take(np.arange(0, 60, 3)), TRAIN)
    network = make_network().eval()
    losses = {}
    for negatives, hides in ((0, False), (0, True), (10_000_000, True)):
        tables = Tables.of(
            corpus.catalogue, torch.from_numpy(corpus.statistics), negatives, torch.device("cpu")
        )
        random = torch.Generator().manual_seed(0)
        found = batch_losses(network, batch, replace(tables, hides_seen=hides), random)
        losses[negatives, hides] = float(found[NEXT])
    assert losses[0, True] < losses[0, False]
    assert losses[10_000_000, True] == pytest.approx(losses[0, True], abs=1e-3)
