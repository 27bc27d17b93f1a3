"""Runs of a category: hand-worked lists, and what holds for every list."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.ranking.category_run import limit_runs
from models.ranking.registry import RERANKERS
from models.ranking.rerank import CATEGORY_CAP, CATEGORY_RUN, Diversity, rerank

METHODS = list(RERANKERS)


def sets(*words: str) -> list[frozenset[str]]:
    """A label a letter."""
    return [frozenset(word) for word in words]


@pytest.mark.parametrize(
    ("labels", "most", "expected"),
    [
        (sets("a", "a", "a", "b", "a"), 2, [0, 1, 3, 2, 4]),  # the third a waits for b
        (sets("a", "a", "a", "b", "b"), 1, [0, 3, 1, 4, 2]),
        (sets("a", "ab", "b", "a", "c"), 1, [0, 2, 3, 4, 1]),  # ab runs on after both a and b
        (sets("a", "a", "", "a"), 2, [0, 1, 2, 3]),  # an item without labels ends the run
        (sets("a", "b", "a", "b"), 1, [0, 1, 2, 3]),  # nothing to do
        (sets("ab", "ac", "ad", "d"), 2, [0, 1, 3, 2]),  # the shared label counts, not the set
    ],
)
def test_an_item_waits_for_its_next_allowed_place(labels, most, expected):
    places, kept = limit_runs(labels, most, len(labels))
    assert (places.tolist(), kept) == (expected, True)


def test_the_limit_yields_where_nothing_else_is_left():
    places, kept = limit_runs(sets("a", "a", "b", "a", "a"), 1, 5)
    assert (places.tolist(), kept) == ([0, 2, 1, 3, 4], False)


def test_a_run_goes_on_from_the_page_before():
    labels = sets("a", "a", "b")
    assert limit_runs(labels, 2, 3, sets("a", "a"))[0].tolist() == [2, 0, 1]
    assert limit_runs(labels, 2, 3, sets("a"))[0].tolist() == [0, 2, 1]
    assert limit_runs(labels, 2, 3, sets("a", "a", "b"))[0].tolist() == [0, 1, 2]


def test_a_limit_below_one_is_refused():
    with pytest.raises(ValueError, match="expected at least 1 item of a category in a row, given 0"):
        limit_runs(sets("a"), 0, 1)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.frozensets(st.sampled_from("abc")), max_size=12),
    st.integers(1, 3),
    st.integers(0, 15),
    st.lists(st.frozensets(st.sampled_from("abc")), max_size=3),
)
def test_nothing_twice_no_longer_run_and_equals_keep_their_order(labels, most, n, above):
    places, kept = limit_runs(labels, most, n, above)
    order = places.tolist()
    assert len(order) == min(n, len(labels)) == len(set(order))
    shown = [*above, *(labels[position] for position in order)]
    windows = [shown[start : start + most + 1] for start in range(len(shown) - most)]
    new = [window for end, window in enumerate(windows, most) if end >= len(above)]
    assert kept == (not any(frozenset.intersection(*window) for window in new))
    for own in set(labels):
        same = [position for position in order if labels[position] == own]
        assert same == sorted(same)


@pytest.mark.parametrize("method", METHODS)
def test_the_best_of_the_other_candidates_breaks_a_run(method):
    """The three best are of one category: the best other item comes in, and the third a is not in the list."""
    scores = np.array([5, 4, 3, 2, 1], dtype=np.float32)
    vectors = np.eye(5, dtype=np.float32)
    limited = Diversity(method, 0.0, max_consecutive=2)
    reranked = rerank(scores, vectors, sets("a", "a", "a", "b", "c"), limited, 3)
    assert (reranked.order.tolist(), reranked.degraded) == ([0, 1, 3], ())
    assert reranked.relevance_cost == pytest.approx((5 + 4 + 3) / 3 - (5 + 4 + 2) / 3)
    yielded = rerank(scores, vectors, sets("a", "a", "a", "a", "a"), limited, 3)
    assert (yielded.order.tolist(), yielded.degraded) == ([0, 1, 2], (CATEGORY_RUN,))
    assert rerank(scores, vectors, sets("a", "b", "b", "b", "c"), limited, 3, sets("a", "a")).order[0] == 1


def test_a_cap_chooses_the_items_and_the_run_their_order():
    scores = np.array([6, 5, 4, 3, 2, 1], dtype=np.float32)
    labels = sets("a", "a", "a", "b", "b", "b")
    both = Diversity("none", 0.0, max_per_category=2, max_consecutive=1)
    reranked = rerank(scores, np.eye(6, dtype=np.float32), labels, both, 4)
    assert (reranked.order.tolist(), reranked.degraded) == ([0, 3, 1, 4], ())
    longer = rerank(scores, np.eye(6, dtype=np.float32), labels, both, 5)
    assert longer.degraded == (CATEGORY_CAP,) and len(longer.order) == 5
