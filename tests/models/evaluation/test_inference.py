"""What the network says at a moment is what it says of the user alone, knowing what came before and no more."""

import numpy as np
import pytest
import torch

from models.contract.even_sample import take_evenly
from models.contract.event_features import encode_events
from models.contract.events import column_events
from models.contract.features import encode_profile
from models.contract.recency import SESSION_GAP_S, RecencyGains
from models.contract.statistics import RECENT
from models.evaluation.inference import CHUNK, CorpusPredictor, first_rows
from models.training.corpus import PART_TEST, PART_TRAIN, PART_VALID
from tests.models.histories import events_of


@pytest.fixture(scope="module")
def predictor(quick_shop, make_network) -> CorpusPredictor:
    network = make_network(layers=2)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(0.1 * torch.randn(weight.shape))
        network.users.tokens.weight[0] = 0
        network.items.tokens.weight[0] = 0
    recency = RecencyGains(in_session=0.5, returning=2.0)
    return CorpusPredictor.of(network, quick_shop.corpus, torch.device("cpu"), recency)


def owner(corpus, row: int) -> tuple[int, int]:
    """The user of an event, and how many events came before it."""
    user = int(np.searchsorted(corpus.offsets, row, side="right") - 1)
    return user, row - int(corpus.offsets[user])


@torch.no_grad()
def test_a_state_is_the_users_alone(predictor, shop_data):
    corpus, dataset, users = shop_data.corpus, shop_data.dataset, predictor.network.users
    events = events_of(dataset.interactions, dataset)
    rows = np.array([*corpus.offsets[:3], *(corpus.offsets[1:4] - 1), *range(40, 60)])
    (moments,) = predictor.encode_moments(rows)
    item_row = {item.item_id: row for row, item in enumerate(dataset.items)}
    for number, row in enumerate(rows.tolist()):
        user, before = owner(corpus, row)
        columns = column_events([events[user][:before]], item_row.__getitem__)  # the serving side's way
        last = slice(max(before - corpus.spec.history_length, 0), None)
        arrays = encode_events(corpus.spec, columns)
        actions, dense, context = arrays.actions[last], arrays.dense[last], arrays.context[last]
        profile = encode_profile(corpus.spec, dataset.users[user])
        items = predictor.vectors[columns.items[last]]
        read = (torch.from_numpy(part)[None] for part in (actions, dense))
        given = users.events(items[None], *read)
        start = users.profile(
            torch.from_numpy(profile.tokens)[None], torch.from_numpy(profile.numeric)[None], torch.zeros(1, 0)
        )
        alone = users(start, given)[0, -1]
        torch.testing.assert_close(moments.states[number], alone, rtol=1e-4, atol=1e-5)
        length = len(dense)
        assert moments.attend[number].sum() == length
        torch.testing.assert_close(moments.events[number, :length], given[0], rtol=1e-4, atol=1e-5)
        numbers = dense[-1, -2:] if length else np.zeros(2, np.float32)
        np.testing.assert_array_equal(moments.numbers[number].numpy(), numbers)
        moment = context[-1] if length else np.zeros(context.shape[1], np.int64)
        np.testing.assert_array_equal(moments.last[number].numpy(), moment)


@torch.no_grad()
def test_next_logits_are_inner_products(predictor, quick_shop):
    """Recent popularity counts more for who returns: after half an hour, and without any event."""
    rows = np.arange(0, 1500, 97)
    (moments,) = predictor.encode_moments(rows)
    logits = predictor.next_logits(moments)
    assert 0 < moments.returning.sum() < len(rows)
    for number, row in enumerate(rows.tolist()):
        _, before = owner(quick_shop.corpus, row)
        now, newest = quick_shop.corpus.times_at(np.array([row, row - 1]))
        returns = not before or now - newest >= SESSION_GAP_S
        assert moments.returning[number] == returns
        statistics = predictor.tables.statistics[moments.snapshot[number]]
        popularity = predictor.network.items.popularity(statistics)
        popularity = popularity + (2.0 if returns else 0.5) * statistics[:, RECENT]
        asked = moments.states[number] + predictor.network.users.ask(moments.context[number])
        expected = predictor.vectors @ asked + predictor.bias + popularity
        np.testing.assert_allclose(logits[number], expected.numpy(), rtol=1e-4, atol=1e-5)
        table = predictor.item_table(int(moments.snapshot[number]))
        product = table @ predictor.retrieval_vectors(moments)[number]
        np.testing.assert_allclose(product, expected.numpy(), rtol=1e-4, atol=1e-4)


def test_moments_come_in_chunks_in_order(predictor):
    rows = np.arange(2 * CHUNK + 3)[::-1].copy()
    found = list(predictor.encode_moments(rows))
    assert [len(one.rows) for one in found] == [CHUNK, CHUNK, 3]
    np.testing.assert_array_equal(np.concatenate([one.rows for one in found]), rows)
    assert list(predictor.encode_moments(rows[:0])) == []


def test_heads_alone_and_together(predictor):
    rows = np.array([10, 700, 1499])
    (together,) = predictor.encode_moments(rows)
    items = np.array([[0, 5, 9], [1, 2, 3], [99, 98, 97]])
    found = predictor.head_logits(together, items)
    assert {name: value.shape[:2] for name, value in found.items()} == dict.fromkeys(
        ("like", "rating", "genre", "device"), (3, 3)
    )
    for number, row in enumerate(rows):
        (alone,) = predictor.encode_moments(np.array([row]))
        for name, value in predictor.head_logits(alone, items[[number]][:, :1]).items():
            np.testing.assert_allclose(value[0, 0], found[name][number, 0], rtol=1e-3, atol=1e-5)


def test_first_rows(shop_data):
    corpus = shop_data.corpus
    for part in (PART_TRAIN, PART_VALID, PART_TEST):
        rows = first_rows(corpus, part)
        assert (corpus.part[rows] == part).all()
        for row in rows.tolist():
            user, before = owner(corpus, row)
            assert (corpus.part[corpus.offsets[user] : corpus.offsets[user] + before] < part).all()
        users = np.searchsorted(corpus.offsets, np.flatnonzero(corpus.part == part), side="right") - 1
        assert len(rows) == len(np.unique(users))


def test_spread():
    assert take_evenly(np.arange(5), 9).tolist() == [0, 1, 2, 3, 4]
    assert take_evenly(np.arange(100), 3).tolist() == [0, 49, 99]
    assert take_evenly(np.arange(0), 3).tolist() == []
