"""Windows predict every wanted event once; padding is told from events."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.training.batches import Windows, collate, cut_windows, ordered_batches, shuffled_batches
from models.training.corpus import PART_TEST, PART_TRAIN, PART_VALID, Corpus

ALL = frozenset({PART_TRAIN, PART_VALID, PART_TEST})


def parted(corpus: Corpus, parts: list[list[int]]) -> Corpus:
    """Users whose events are of these parts; windows look at nothing else."""
    offsets = np.cumsum([0, *map(len, parts)])
    return replace(corpus, offsets=offsets, part=np.array([one for user in parts for one in user], np.int8))


users = st.lists(
    st.tuples(*[st.integers(0, 12)] * 3).map(lambda n: [0] * n[0] + [1] * n[1] + [2] * n[2]), max_size=5
)


@settings(max_examples=150, deadline=None)
@given(parts=users, length=st.integers(1, 9), chosen=st.sets(st.integers(0, 2), min_size=1))
def test_every_wanted_event_is_predicted_once(shop_data, parts, length, chosen):
    corpus = parted(shop_data.corpus, parts)
    found = cut_windows(corpus, frozenset(chosen), length)
    times = np.zeros(len(corpus.part), np.int64)
    for user, start, first, stop in zip(found.users, found.start, found.first, found.stop, strict=True):
        begin, end = corpus.offsets[user], corpus.offsets[user + 1]
        assert begin <= start <= first < stop <= end
        assert stop - start <= max(length, 2)
        assert start == begin or first - start == max(length, 2) // 2
        rows = np.arange(first, stop)
        times[rows[np.isin(corpus.part[rows], list(chosen))]] += 1
    np.testing.assert_array_equal(times, np.isin(corpus.part, list(chosen)).astype(int))


def test_windows_by_hand(shop_data):
    corpus = parted(shop_data.corpus, [[0] * 7, [], [0, 0, 1]])
    train = cut_windows(corpus, frozenset({PART_TRAIN}), 4)
    assert list(zip(*(train.users, train.start, train.first, train.stop), strict=True)) == [
        (0, 0, 0, 4),
        (0, 2, 4, 6),
        (0, 4, 6, 7),
        (2, 7, 7, 9),
    ]
    valid = cut_windows(corpus, frozenset({PART_VALID}), 4)
    assert (valid.start.tolist(), valid.first.tolist(), valid.stop.tolist()) == ([7], [9], [10])
    assert len(cut_windows(corpus, frozenset({PART_TEST}), 4)) == 0


def test_batches_hold_every_window_once(shop_data):
    windows = cut_windows(shop_data.corpus, ALL, 12)
    key = windows.start * 10_000 + windows.stop
    shuffled = shuffled_batches(windows, 48, np.random.default_rng(0))
    for batches in (shuffled, list(ordered_batches(windows, 7))):
        found = np.concatenate([batch.start * 10_000 + batch.stop for batch in batches])
        assert sorted(found.tolist()) == sorted(key.tolist())
    for (
        batch
    ) in shuffled:  # padded, a batch holds no more events than asked for; short windows count as eight
        assert len(batch) * max(8, (batch.stop - batch.start).max()) <= 48
    assert {len(batch) for batch in shuffled} >= {4, 6}
    one_each = shuffled_batches(windows, 1, np.random.default_rng(0))
    assert [len(batch) for batch in one_each] == [1] * len(windows)


def test_batches_are_their_seed_s(shop_data):
    windows = cut_windows(shop_data.corpus, ALL, 12)
    one, same, other = (
        [batch.start.tolist() for batch in shuffled_batches(windows, 48, np.random.default_rng(seed))]
        for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


def test_collate_by_hand(shop_data):
    corpus = shop_data.corpus
    first, second = int(corpus.offsets[0]), int(corpus.offsets[1])
    windows = Windows(
        np.array([0, 1]),
        np.array([first, second]),
        np.array([first + 1, second]),
        np.array([first + 3, second + 2]),
    )
    batch = collate(corpus, windows, ALL)
    assert batch.present.tolist() == [[True] * 3, [True, True, False]]
    assert batch.is_target.tolist() == [[False, True, True], [True, True, False]]
    assert batch.items[0].tolist() == corpus.items[first : first + 3].tolist()
    assert batch.items[1].tolist() == [*corpus.items[second : second + 2].tolist(), 0]
    assert not batch.dense[1, 2].any()
    assert not batch.context[1, 2].any()
    np.testing.assert_array_equal(batch.dense[0].numpy(), corpus.dense[first : first + 3])
    for known, targets, one in zip(batch.has_label, batch.targets, corpus.labels, strict=True):
        assert not known[1, 2]
        assert not known[0, 0]  # seen, not wanted
        np.testing.assert_array_equal(known[0, 1:].numpy(), one.has_target(np.arange(first + 1, first + 3)))
        np.testing.assert_array_equal(targets[0].numpy(), one.targets_at(np.arange(first, first + 3)))


@pytest.mark.parametrize("part", [PART_TRAIN, PART_VALID, PART_TEST])
def test_only_the_wanted_parts_are_wanted(shop_data, part):
    corpus = shop_data.corpus
    windows = cut_windows(corpus, frozenset({part}), 10)
    wanted = sum(
        int(collate(corpus, some, frozenset({part})).is_target.sum()) for some in ordered_batches(windows, 9)
    )
    assert wanted == int((corpus.part == part).sum())
