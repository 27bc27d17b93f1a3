"""Popularity debiasing by hand, and what holds over it: diversity, limits, tiers, kept items and the cost."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ranking.exploration import Exploration, Policy
from models.ranking.kept import rerank_below
from models.ranking.popularity_debias import Debias, scale_popularity
from models.ranking.rerank import Diversity, rerank
from models.ranking.tiers import Pool, rerank_tiers

SCORES = np.array([0.9, 0.8, 0.7, 0.6], dtype=np.float32)
POPULARITY = np.array([1.0, 0.5, 0.9, 0.0], dtype=np.float32)
VECTORS = np.eye(4, dtype=np.float32)
LABELS = [frozenset({name}) for name in "abcd"]


def settings(strength: float, method: str = "none", **others: object) -> Diversity:
    return Diversity(method, 0.0, debias=Debias(strength, POPULARITY), **others)


def order(diversity: Diversity, n: int = 4) -> list[int]:
    return rerank(SCORES, VECTORS, LABELS, diversity, n).order.tolist()


def test_popular_items_lose_relevance_by_hand() -> None:
    # at .3 the relevance is .6, .65, .43, .6, and at 1 it is -.1, .3, -.2, .6
    np.testing.assert_allclose(Debias(0.3, POPULARITY).lower(SCORES), [0.6, 0.65, 0.43, 0.6], rtol=1e-6)
    assert order(settings(0.29)) == [1, 0, 3, 2]
    assert order(settings(1.0)) == [3, 1, 0, 2]


@pytest.mark.parametrize("method", ["none", "mmr", "dpp"])
def test_without_strength_the_list_is_the_plain_one(method: str) -> None:
    plain = rerank(SCORES, VECTORS, LABELS, Diversity(method, 0.3), 4)
    zero = rerank(SCORES, VECTORS, LABELS, Diversity(method, 0.3, debias=Debias(0.0, POPULARITY)), 4)
    assert zero.order.tolist() == plain.order.tolist()
    assert zero.relevance_cost == plain.relevance_cost


def test_the_cost_is_in_the_scores_that_are_shown() -> None:
    chosen = rerank(SCORES, VECTORS, LABELS, settings(1.0), 2)
    assert chosen.order.tolist() == [3, 1]
    assert chosen.relevance_cost == pytest.approx((0.9 + 0.8) / 2 - (0.6 + 0.8) / 2)


def test_a_limit_of_runs_is_filled_by_the_debiased_order() -> None:
    labels = [frozenset({name}) for name in ("a", "b", "b", "b")]
    limited = Diversity("none", 0.0, max_consecutive=1, debias=Debias(1.0, POPULARITY))
    assert rerank(SCORES, VECTORS, labels, limited, 2).order.tolist() == [3, 0]


def test_tiers_and_kept_items_hold() -> None:
    pool, first = Pool(SCORES, VECTORS, LABELS), np.array([True, False, True, False])
    assert rerank_tiers(pool, first, settings(1.0), 4).order.tolist() == [0, 2, 3, 1]
    below = rerank_below(pool, np.array([2]), None, settings(1.0), 4)
    assert below.order.tolist() == [2, 3, 1, 0]


def test_exploration_draws_from_debiased_values() -> None:
    explored = settings(1.0, exploration=Exploration(Policy.EPSILON, 0.0, 1))
    assert order(explored) == order(settings(1.0))


def test_popularity_is_needed() -> None:
    with pytest.raises(ValueError, match="popularity of each candidate"):
        order(Diversity("none", 0.0, debias=Debias(0.5)))


def test_popularity_is_a_share_of_the_greatest_logarithm() -> None:
    totals = np.array([0.0, 1.0, 4.0, 5.0], dtype=np.float32)
    np.testing.assert_allclose(scale_popularity(totals, 4.0), [0, 0.25, 1, 1])
    assert scale_popularity(totals * 0, 0.0).tolist() == [0, 0, 0, 0]


@given(st.lists(st.tuples(st.floats(0, 1, width=32), st.floats(0, 1, width=32)), min_size=1, max_size=30))
def test_more_strength_never_lists_more_popular_items(pairs: list[tuple[float, float]]) -> None:
    scores, popularity = (np.array(column, dtype=np.float32) for column in zip(*pairs, strict=True))
    vectors, labels = np.ones((len(scores), 2), dtype=np.float32), [frozenset[str]()] * len(scores)
    means = []
    for strength in (0.0, 0.25, 0.5, 1.0):
        diversity = Diversity("none", 0.0, debias=Debias(strength, popularity))
        chosen = rerank(scores, vectors, labels, diversity, 5).order
        means.append(float(popularity[chosen].mean()))
    assert all(later <= earlier + 1e-5 for earlier, later in pairwise(means))
