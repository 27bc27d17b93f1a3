"""What every predictor keeps to: independent users, pairs and items, any batch sizes, nothing for nothing."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from app.bundle import torch_predictor
from app.bundle.bundle import LoadedBundle
from app.bundle.predictor import PairBatch, Predictor, UserBatch, UserEncoding
from app.bundle.torch_predictor import TorchPredictor
from models.contract.event_features import DENSE_WIDTH, EventArrays
from models.contract.features import encode_items
from models.contract.statistics import RECENT
from models.contract.tasks import NEXT
from models.contract.user_vector import strip_bias

LENGTHS = (3, 0, 21, 1, 0, 20)


def torch_of(bundle: LoadedBundle) -> Predictor:
    assert isinstance(bundle.predictor, TorchPredictor)
    return bundle.predictor


@pytest.fixture(params=[torch_of])
def predictor(request: pytest.FixtureRequest, learnt: LoadedBundle) -> Predictor:
    """Every implementation over the same network."""
    make: Callable[[LoadedBundle], Predictor] = request.param
    return make(learnt)


@pytest.fixture
def users(learnt: LoadedBundle) -> UserBatch:
    random = np.random.default_rng(2)
    count, total = len(LENGTHS), sum(LENGTHS)
    events = EventArrays(
        random.integers(2, 3, total),
        random.standard_normal((total, DENSE_WIDTH)).astype(np.float32),
        random.integers(2, 5, (total, 2)),
    )
    return UserBatch(
        tokens=np.full((count, 1), 2, dtype=np.int64),
        numeric=np.zeros((count, 0), dtype=np.float32),
        text=np.zeros((count, learnt.spec.text_size), dtype=np.float32),
        offsets=np.cumsum([0, *LENGTHS]),
        items=learnt.item_vectors(random.integers(80, size=total)),
        events=events,
        tower=random.random(total) < 0.8,
    )


def alone(users: UserBatch, user: int) -> UserBatch:
    part = slice(int(users.offsets[user]), int(users.offsets[user + 1]))
    return UserBatch(
        tokens=users.tokens[[user]],
        numeric=users.numeric[[user]],
        text=users.text[[user]],
        offsets=np.array([0, LENGTHS[user]]),
        items=users.items[part],
        events=EventArrays(users.events.actions[part], users.events.dense[part], users.events.context[part]),
        tower=users.tower[part],
    )


def same(one: UserEncoding, other: UserEncoding) -> None:
    np.testing.assert_allclose(one.base, other.base, atol=1e-5)
    np.testing.assert_allclose(one.history, other.history, atol=1e-6)
    np.testing.assert_allclose(one.numbers, other.numbers, atol=1e-6)


def random_pairs(count: int) -> PairBatch:
    random = np.random.default_rng(4)
    return PairBatch(
        users=random.integers(len(LENGTHS), size=count),
        rows=random.integers(80, size=count),
        context=random.integers(2, 5, size=(count, 2)),
    )


def test_a_user_is_encoded_as_alone(predictor: Predictor, users: UserBatch) -> None:
    encodings = predictor.encode_users(users)
    assert len(encodings) == len(users) == len(LENGTHS)
    for user, encoding in enumerate(encodings):
        assert encoding.base.shape == (predictor.dim,)
        assert encoding.history.shape == (LENGTHS[user], predictor.dim)
        same(encoding, predictor.encode_users(alone(users, user))[0])


def test_the_tower_does_not_read_masked_events_but_the_history_holds_them(
    predictor: Predictor, users: UserBatch
) -> None:
    user = alone(users, 0)
    unread = UserBatch(
        user.tokens, user.numeric, user.text, user.offsets, user.items, user.events, user.tower & False
    )
    (encoding,) = predictor.encode_users(unread)
    (nobody,) = predictor.encode_users(alone(users, 1))
    np.testing.assert_allclose(encoding.base, nobody.base, atol=1e-5)
    assert (
        encoding.history.any(axis=1).all()
        and encoding.numbers.tolist() == user.events.dense[-1, -2:].tolist()
    )
    assert nobody.history.shape == (0, predictor.dim) and nobody.numbers.tolist() == [0, 0]


@pytest.mark.parametrize("count", [1, 40, 700])
def test_a_pair_is_scored_as_alone(
    predictor: Predictor, learnt: LoadedBundle, users: UserBatch, count: int
) -> None:
    encodings, pairs = predictor.encode_users(users), random_pairs(count)
    logits = predictor.score_pairs(encodings, learnt.item_table, pairs)
    widths = {head.task.name: head.width for head in learnt.manifest.heads}
    assert {name: value.shape for name, value in logits.items()} == {
        name: (count, width) for name, width in widths.items()
    }
    assert NEXT not in logits
    for pair in range(0, count, 97):
        single = PairBatch(np.zeros(1, dtype=np.int64), pairs.rows[[pair]], pairs.context[[pair]])
        scored = predictor.score_pairs([encodings[pairs.users[pair]]], learnt.item_table, single)
        for name, value in scored.items():
            np.testing.assert_allclose(logits[name][pair], value[0], atol=1e-4)


def test_nothing_gives_nothing(predictor: Predictor, learnt: LoadedBundle, users: UserBatch) -> None:
    encodings = predictor.encode_users(users)
    logits = predictor.score_pairs(encodings, learnt.item_table, random_pairs(0))
    assert {len(value) for value in logits.values()} == {0}
    empty = UserBatch(
        users.tokens[:0],
        users.numeric[:0],
        users.text[:0],
        users.offsets[:1],
        users.items[:0],
        EventArrays(users.events.actions[:0], users.events.dense[:0], users.events.context[:0]),
        users.tower[:0],
    )
    assert predictor.encode_users(empty) == []


def test_an_item_gets_its_vector_and_its_popularity(predictor: Predictor, learnt: LoadedBundle) -> None:
    rows = np.arange(5)
    items = encode_items(
        learnt.spec, [learnt.catalogue.item(row) for row in rows], learnt.catalogue.text[rows]
    )
    statistics = learnt.catalogue.statistics[rows]
    vectors = predictor.item_vectors(items, statistics)
    np.testing.assert_allclose(vectors, learnt.catalogue.vectors[rows], atol=1e-4)
    unseen = predictor.item_vectors(items, np.zeros_like(statistics))
    np.testing.assert_allclose(strip_bias(unseen), strip_bias(vectors), atol=1e-6)
    assert (unseen[:, -2] != vectors[:, -2]).all()
    np.testing.assert_allclose(vectors[:, -1], statistics[:, RECENT], rtol=1e-6)
    assert not unseen[:, -1].any()


def test_without_times_statistics_have_no_effect(learnt: LoadedBundle, users: UserBatch) -> None:
    assert isinstance(learnt.predictor, TorchPredictor)
    untimed, pairs = TorchPredictor(learnt.predictor.network, timed=False), random_pairs(30)
    encodings, table = untimed.encode_users(users), learnt.item_table
    shifted = replace(table, statistics=table.statistics + 3)
    for name, value in untimed.score_pairs(encodings, table, pairs).items():
        np.testing.assert_array_equal(value, untimed.score_pairs(encodings, shifted, pairs)[name])
    items = encode_items(learnt.spec, [learnt.catalogue.item(0)], learnt.catalogue.text[:1])
    rows = [untimed.item_vectors(items, columns.statistics[:1]) for columns in (table, shifted)]
    np.testing.assert_array_equal(rows[0], rows[1])


def test_batches_of_any_size_give_the_same(
    learnt: LoadedBundle, users: UserBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, pairs = learnt.predictor.encode_users(users), random_pairs(200)
    logits = learnt.predictor.score_pairs(whole, learnt.item_table, pairs)
    for name, small in (("TOWER_POSITIONS", 5), ("CHUNK", 7), ("CHUNK_EVENTS", 30)):
        monkeypatch.setattr(torch_predictor, name, small)
    for one, other in zip(whole, learnt.predictor.encode_users(users), strict=True):
        same(one, other)
    for name, value in learnt.predictor.score_pairs(whole, learnt.item_table, pairs).items():
        np.testing.assert_allclose(value, logits[name], atol=1e-4)
