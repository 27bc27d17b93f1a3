"""Hand-worked lists."""

import numpy as np
import pytest

from models.evaluation.metrics.ranking import hit_rate, ndcg, recall

HITS = np.array([[True, False, True], [False, False, False], [True, True, True]])
RELEVANT = np.array([4, 2, 3])


def test_hit_rate_asks_for_one() -> None:
    assert hit_rate(HITS).tolist() == [1, 0, 1]


def test_recall_divides_by_all_that_is_relevant() -> None:
    assert recall(HITS, RELEVANT) == pytest.approx([0.5, 0, 1])


def test_ndcg_discounts_by_place_against_the_best_list_of_k() -> None:
    # 1/log2(2) + 1/log2(4) = 1.5; the best list of three: 1 + 0.63093 + 0.5
    assert ndcg(HITS, RELEVANT) == pytest.approx([1.5 / 2.130930, 0, 1], abs=1e-6)
    # one relevant item, in the third place: 0.5 of 1
    assert ndcg(np.array([[False, False, True]]), np.array([1])) == pytest.approx([0.5])
