"""MMR, greedy DPP and the category cap: hand-worked picks, and what must hold for every input."""

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pipeline.category_cap import CategoryCap
from app.pipeline.reranking import CATEGORY_CAP, greedy_map_dpp, mmr, relevance_order, rerank
from app.pipeline.similarity import Similarity, blended_matrix, multi_hot
from app.pipeline.types import Candidates, Diversity, DiversityMethod, Scored

ALGORITHMS = [mmr, greedy_map_dpp]
# Three items: 1 is nearly a copy of 0, 2 has nothing to do with either.
RELEVANCE = np.array([1.0, 0.8, 0.0], dtype=np.float32)
ALIKE = np.array([[1, 0.9, 0], [0.9, 1, 0.1], [0, 0.1, 1]], dtype=np.float32)


def scored_of(score):
    score = np.asarray(score, dtype=np.float32)
    rows = np.arange(len(score))
    candidates = Candidates(rows, ("neighbours",), np.ones((1, len(score)), dtype=np.bool_), len(score))
    return Scored(candidates, {"next": score}, {"next": score}, score)


@pytest.mark.parametrize(
    ("strength", "order"),
    [
        # After 0: item 1 has (1-s)*.8 - s*.9, item 2 has (1-s)*0 - s*0 = 0; equal at s = .8 / 1.7 = .4706.
        (0.0, [0, 1, 2]),
        (0.45, [0, 1, 2]),
        (0.49, [0, 2, 1]),
        (1.0, [0, 2, 1]),
    ],
)
def test_mmr_by_hand(strength, order):
    assert mmr(RELEVANCE, ALIKE.__getitem__, strength, 3).tolist() == order


@pytest.mark.parametrize(
    ("strength", "order"),
    [
        # After 0: item 1's variance is 1 - .81 = .19 and log .19 = -1.661, item 2's is 1 and log 1 = 0.
        # (1-s)*.8 - s*1.661 against 0: equal at s = .8 / 2.461 = .3251.
        (0.0, [0, 1, 2]),
        (0.32, [0, 1, 2]),
        (0.33, [0, 2, 1]),
        (1.0, [0, 2, 1]),
    ],
)
def test_dpp_by_hand(strength, order):
    assert greedy_map_dpp(RELEVANCE, ALIKE.__getitem__, strength, 3).tolist() == order


def test_relevance_is_scaled_first():
    stretched = RELEVANCE * 1000 - 7
    for algorithm in ALGORITHMS:
        assert algorithm(stretched, ALIKE.__getitem__, 0.49, 3).tolist() == [0, 2, 1]


def test_dpp_adds_what_the_determinant_says():
    """Every pick maximises (1 - s) * relevance + s * log det of the kernel, by brute force."""
    rng = np.random.default_rng(5)
    vectors = rng.standard_normal((12, 20)).astype(np.float32)
    kernel = blended_matrix(vectors, [frozenset()] * 12)
    relevance = rng.random(12).astype(np.float32)
    scaled = (relevance - relevance.min()) / (relevance.max() - relevance.min())
    picks: list[int] = []
    for _ in range(6):
        values = {}
        for position in set(range(12)) - set(picks):
            chosen = [*picks, position]
            _, log_determinant = np.linalg.slogdet(kernel[np.ix_(chosen, chosen)].astype(np.float64))
            values[position] = 0.5 * scaled[chosen].sum() + 0.5 * log_determinant
        picks.append(max(values, key=values.__getitem__))
    assert greedy_map_dpp(relevance, kernel.__getitem__, 0.5, 6).tolist() == picks


def test_mmr_agrees_with_the_naive_loop():
    rng = np.random.default_rng(6)
    vectors = rng.standard_normal((40, 8)).astype(np.float32)
    alike = blended_matrix(vectors, [frozenset(rng.choice(list("abcd"), 2).tolist()) for _ in range(40)])
    relevance = rng.random(40).astype(np.float32)
    scaled = (relevance.astype(float) - relevance.min()) / (relevance.max() - relevance.min())
    picks = [int(np.argmax(scaled))]
    while len(picks) < 10:
        left = [position for position in range(40) if position not in picks]
        picks.append(max(left, key=lambda p: 0.6 * scaled[p] - 0.4 * max(alike[p, q] for q in picks)))
    assert mmr(relevance, alike.__getitem__, 0.4, 10).tolist() == picks


CASES = st.tuples(
    st.integers(0, 12),  # K
    st.integers(0, 15),  # n
    st.sampled_from([0.0, 0.2, 0.5, 1.0]),
    st.integers(0, 2**32 - 1),
    st.sampled_from([None, 1, 2]),
)


@settings(max_examples=150, deadline=None)
@given(CASES, st.sampled_from(list(DiversityMethod)))
def test_nothing_lost_nothing_twice(case, method):
    k, n, strength, seed, cap = case
    rng = np.random.default_rng(seed)
    vectors = rng.integers(-1, 2, (k, 3)).astype(np.float32)  # zeros and copies among them
    labels = [frozenset(rng.choice(list("abc"), rng.integers(0, 3)).tolist()) for _ in range(k)]
    scored = scored_of(rng.integers(0, 4, k))  # ties
    found = rerank(scored, Diversity(method, strength, cap), vectors, labels, n)
    assert len(found.order) == min(n, k) == len(set(found.order.tolist()))
    assert set(found.order.tolist()) <= set(range(k))
    assert found.relevance_cost >= 0
    assert found.degraded == () or cap is not None
    again = rerank(scored, Diversity(method, strength, cap), vectors, labels, n)
    assert found.order.tolist() == again.order.tolist()
    if cap is None and (strength == 0 or method is DiversityMethod.NONE):
        assert found.order.tolist() == relevance_order(scored.score)[:n].tolist()
        assert found.relevance_cost == 0


@settings(max_examples=150, deadline=None)
@given(CASES, st.sampled_from(ALGORITHMS))
def test_the_cap_holds_while_it_can(case, algorithm):
    k, n, strength, seed, _ = case
    rng = np.random.default_rng(seed)
    labels = [frozenset(rng.choice(list("abcd"), rng.integers(0, 3)).tolist()) for _ in range(k)]
    relevance = rng.random(k).astype(np.float32)
    similarity = Similarity.of(rng.standard_normal((k, 4)).astype(np.float32), labels)
    cap = CategoryCap(multi_hot(labels)[0], 1)
    order = algorithm(relevance, similarity.to, strength, n, cap).tolist()
    assert len(order) == min(n, k)
    counts = Counter[str]()
    for place, position in enumerate(order):
        most = max((counts[label] for label in labels[position]), default=0)
        left = set(range(k)) - set(order[:place])
        rivals = [max((counts[label] for label in labels[other]), default=0) for other in left]
        assert most == 0 or (
            most <= cap.most - 1 and min(rivals) >= 1
        )  # over the cap: nothing within it was left
        counts.update(labels[position])
    assert cap.exceeded == (max(counts.values(), default=0) > 1)


@settings(max_examples=150, deadline=None)
@given(CASES, st.sampled_from(list(DiversityMethod)))
def test_an_exceeded_cap_is_named(case, method):
    k, n, strength, seed, cap = case
    rng = np.random.default_rng(seed)
    labels = [frozenset(rng.choice(list("abcd"), rng.integers(0, 4)).tolist()) for _ in range(k)]
    vectors = rng.standard_normal((k, 4)).astype(np.float32)
    found = rerank(scored_of(rng.random(k)), Diversity(method, strength, cap), vectors, labels, n)
    counts = Counter(label for position in found.order.tolist() for label in labels[position])
    exceeded = cap is not None and max(counts.values(), default=0) > cap
    assert found.degraded == ((CATEGORY_CAP,) if exceeded else ())


def test_where_many_labels_close_the_list_items_of_fewer_fill_it():
    """The best has every category: with it there is one item, without it there are three."""
    labels = [frozenset("abc"), frozenset("a"), frozenset("b"), frozenset("c"), frozenset("a")]
    scored = scored_of([5, 4, 3, 2, 1])
    vectors = np.eye(5, dtype=np.float32)
    capped = Diversity(DiversityMethod.NONE, 0.0, 1)
    assert rerank(scored, capped, vectors, labels, 3).order.tolist() == [1, 2, 3]
    assert rerank(scored, capped, vectors, labels, 1).order.tolist() == [0]
    found = rerank(scored, capped, vectors, labels, 4)
    assert (found.order.tolist(), found.degraded) == ([0, 1, 2, 3], (CATEGORY_CAP,))


def test_cap_by_hand():
    labels = [frozenset("a"), frozenset("a"), frozenset("ab"), frozenset("b"), frozenset()]
    scored = scored_of([5, 4, 3, 2, 1])
    vectors = np.eye(5, dtype=np.float32)
    capped = Diversity(DiversityMethod.NONE, 0.0, 2)
    assert rerank(scored, capped, vectors, labels, 4).order.tolist() == [0, 1, 3, 4]
    assert rerank(scored, capped, vectors, labels, 5).order.tolist() == [0, 1, 3, 4, 2]  # length wins
    with pytest.raises(ValueError, match="expected at least 1 item a category, given 0"):
        CategoryCap(np.zeros((1, 1), dtype=np.float32), 0)


def test_diversity_and_cost_by_hand():
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    labels = [frozenset("ab"), frozenset("ab"), frozenset("bc")]
    scored = scored_of([1.0, 0.8, 0.2])
    plain = rerank(scored, Diversity(DiversityMethod.NONE), vectors, labels, 2)
    assert plain.order.tolist() == [0, 1]
    assert (plain.intra_list_diversity, plain.relevance_cost) == (pytest.approx(0), 0)
    for method in (DiversityMethod.MMR, DiversityMethod.DPP):
        spread = rerank(scored, Diversity(method, 0.6), vectors, labels, 2)
        assert spread.order.tolist() == [0, 2]
        assert spread.intra_list_diversity == pytest.approx(1 - (0 + 1 / 3) / 2)
        assert spread.relevance_cost == pytest.approx((1 + 0.8) / 2 - (1 + 0.2) / 2)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_more_strength_never_ends_in_less_variety_than_none(algorithm):
    rng = np.random.default_rng(7)
    vectors = rng.standard_normal((100, 6)).astype(np.float32)
    similarity = Similarity.of(vectors, [frozenset()] * 100)
    relevance = vectors[:, 0] + 2  # the relevant are alike
    alike = blended_matrix(vectors, [frozenset()] * 100)

    def variety(strength):
        order = algorithm(relevance, similarity.to, strength, 10).tolist()
        return np.mean([1 - alike[a, b] for a, b in itertools.combinations(order, 2)])

    assert variety(0) < variety(0.5) < variety(0.9)


def test_copies_come_last_by_relevance():
    alike = np.ones((4, 4), dtype=np.float32)
    relevance = np.array([1, 4, 3, 2], dtype=np.float32)
    for algorithm in ALGORITHMS:
        for strength in (0.5, 1.0):
            assert algorithm(relevance, alike.__getitem__, strength, 4).tolist() == [1, 2, 3, 0]


@pytest.mark.parametrize("method", list(DiversityMethod))
@pytest.mark.parametrize("place", ["score", "vectors", "overflow"])
def test_what_is_not_finite_degrades_to_the_order_of_relevance(method, place):
    vectors = np.eye(3, dtype=np.float32)
    score = [1.0, np.nan if place == "score" else 3.0, 2.0]
    if place == "vectors":
        vectors[0, 0] = np.nan
    if place == "overflow":
        vectors[0, 0] = np.inf
    found = rerank(scored_of(score), Diversity(method, 0.5), vectors, [frozenset()] * 3, 3)
    assert found.order.tolist() == ([2, 0, 1] if place == "score" else [1, 2, 0])
    assert found.degraded == ("rerank:relevance_order",)
