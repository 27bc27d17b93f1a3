"""Kept items stand first, and the others are re-ranked below them."""

import numpy as np
import pytest

from models.ranking.kept import find_positions, rerank_below
from models.ranking.rerank import Diversity, rerank
from models.ranking.tiers import Pool

POOL = Pool(
    np.array([0.9, 0.8, 0.7, 0.1, 0.6], dtype=np.float32),
    np.eye(5, dtype=np.float32),
    [frozenset({"a"}), frozenset({"a"}), frozenset({"b"}), frozenset({"a"}), frozenset({"a"})],
)
PLAIN = Diversity("none", 0.0)


def test_positions_are_in_the_order_of_what_is_kept() -> None:
    assert find_positions(np.array([7, 3, 5]), np.array([5, 9, 7])).tolist() == [2, 0]


def test_the_kept_ones_stand_first_and_nothing_comes_twice() -> None:
    chosen = rerank_below(POOL, np.array([3, 2]), None, PLAIN, 4)
    assert chosen.order.tolist() == [3, 2, 0, 1]
    assert chosen.relevance_cost == pytest.approx((0.9 + 0.8 + 0.7 + 0.6) / 4 - (0.1 + 0.7 + 0.9 + 0.8) / 4)
    assert chosen.intra_list_diversity == pytest.approx(
        rerank(
            POOL.scores[chosen.order],
            np.eye(5, dtype=np.float32)[chosen.order],
            [POOL.labels[position] for position in chosen.order],
            PLAIN,
            4,
        ).intra_list_diversity
    )


def test_a_list_shorter_than_what_is_kept() -> None:
    assert rerank_below(POOL, np.array([3, 2, 1]), None, PLAIN, 2).order.tolist() == [3, 2]


def test_a_run_goes_on_below() -> None:
    limited = Diversity("none", 0.0, max_consecutive=2)
    order = rerank_below(POOL, np.array([3, 1]), None, limited, 4).order.tolist()
    assert order[:3] == [3, 1, 2], "two of a stand above"


def test_the_first_tier_comes_after_the_kept_ones() -> None:
    tier = np.array([False, True, False, True, True])
    assert rerank_below(POOL, np.array([2]), tier, PLAIN, 4).order.tolist() == [2, 1, 4, 3]
