"""The re-rank of a list: what must hold for every method, and hand-worked lists within a cap."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.ranking.order import sort_by_relevance
from models.ranking.registry import RERANKERS
from models.ranking.rerank import CATEGORY_CAP, RELEVANCE_ORDER, Diversity, rerank

METHODS = list(RERANKERS)
CASES = st.tuples(
    st.integers(0, 12),  # K
    st.integers(0, 15),  # n
    st.sampled_from([0.0, 0.2, 0.5, 1.0]),
    st.integers(0, 2**32 - 1),
    st.sampled_from([None, 1, 2]),
)
FIVE = np.array([5, 4, 3, 2, 1], dtype=np.float32)


@settings(max_examples=150, deadline=None)
@given(CASES, st.sampled_from(METHODS))
def test_nothing_lost_nothing_twice(case, method):
    k, n, strength, seed, cap = case
    rng = np.random.default_rng(seed)
    vectors = rng.integers(-1, 2, (k, 3)).astype(np.float32)  # zeros and copies among them
    labels = [frozenset(rng.choice(list("abc"), rng.integers(0, 3)).tolist()) for _ in range(k)]
    scores = rng.integers(0, 4, k).astype(np.float32)  # ties
    reranked = rerank(scores, vectors, labels, Diversity(method, strength, cap), n)
    order = reranked.order.tolist()
    assert len(order) == min(n, k) == len(set(order))
    assert set(order) <= set(range(k))
    assert reranked.relevance_cost >= 0
    assert reranked.degraded == () or cap is not None
    again = rerank(scores, vectors, labels, Diversity(method, strength, cap), n)
    assert order == again.order.tolist()
    if cap is None and (strength == 0 or method == "none"):
        assert order == sort_by_relevance(scores)[:n].tolist()
        assert reranked.relevance_cost == 0


@settings(max_examples=150, deadline=None)
@given(CASES, st.sampled_from(METHODS))
def test_an_exceeded_cap_is_named(case, method):
    k, n, strength, seed, cap = case
    rng = np.random.default_rng(seed)
    labels = [frozenset(rng.choice(list("abcd"), rng.integers(0, 4)).tolist()) for _ in range(k)]
    vectors = rng.standard_normal((k, 4)).astype(np.float32)
    scores = rng.random(k).astype(np.float32)
    reranked = rerank(scores, vectors, labels, Diversity(method, strength, cap), n)
    counts = Counter(label for position in reranked.order.tolist() for label in labels[position])
    exceeded = cap is not None and max(counts.values(), default=0) > cap
    assert reranked.degraded == ((CATEGORY_CAP,) if exceeded else ())


def test_where_many_labels_close_the_list_items_of_fewer_fill_it():
    """The best has every category: with it there is one item, without it there are three."""
    labels = [frozenset("abc"), frozenset("a"), frozenset("b"), frozenset("c"), frozenset("a")]
    vectors = np.eye(5, dtype=np.float32)
    capped = Diversity("none", 0.0, 1)
    assert rerank(FIVE, vectors, labels, capped, 3).order.tolist() == [1, 2, 3]
    assert rerank(FIVE, vectors, labels, capped, 1).order.tolist() == [0]
    reranked = rerank(FIVE, vectors, labels, capped, 4)
    assert (reranked.order.tolist(), reranked.degraded) == ([0, 1, 2, 3], (CATEGORY_CAP,))


def test_cap_by_hand():
    labels = [frozenset("a"), frozenset("a"), frozenset("ab"), frozenset("b"), frozenset()]
    vectors = np.eye(5, dtype=np.float32)
    capped = Diversity("none", 0.0, 2)
    assert rerank(FIVE, vectors, labels, capped, 4).order.tolist() == [0, 1, 3, 4]
    assert rerank(FIVE, vectors, labels, capped, 5).order.tolist() == [0, 1, 3, 4, 2]  # length wins


def test_diversity_and_cost_by_hand():
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    labels = [frozenset("ab"), frozenset("ab"), frozenset("bc")]
    scores = np.array([1.0, 0.8, 0.2], dtype=np.float32)
    plain = rerank(scores, vectors, labels, Diversity("none"), 2)
    assert plain.order.tolist() == [0, 1]
    assert (plain.intra_list_diversity, plain.relevance_cost) == (pytest.approx(0), 0)
    for method in ("mmr", "dpp"):
        spread = rerank(scores, vectors, labels, Diversity(method, 0.6), 2)
        assert spread.order.tolist() == [0, 2]
        assert spread.intra_list_diversity == pytest.approx(1 - (0 + 1 / 3) / 2)
        assert spread.relevance_cost == pytest.approx((1 + 0.8) / 2 - (1 + 0.2) / 2)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fault", ["score", "vectors", "overflow"])
def test_a_non_finite_score_or_vector_degrades_to_the_order_of_relevance(method, fault):
    vectors = np.eye(3, dtype=np.float32)
    scores = np.array([1.0, np.nan if fault == "score" else 3.0, 2.0], dtype=np.float32)
    if fault == "vectors":
        vectors[0, 0] = np.nan
    if fault == "overflow":
        vectors[0, 0] = np.inf
    reranked = rerank(scores, vectors, [frozenset()] * 3, Diversity(method, 0.5), 3)
    assert reranked.order.tolist() == ([2, 0, 1] if fault == "score" else [1, 2, 0])
    assert reranked.degraded == (RELEVANCE_ORDER,)
