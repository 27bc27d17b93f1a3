"""The metrics of one list each (hit rate, recall, precision, reciprocal rank, average precision, NDCG), by hand."""

import numpy as np
import pytest

from models.evaluation.metrics.average_precision import average_precision
from models.evaluation.metrics.hit_rate import hit_rate
from models.evaluation.metrics.ndcg import ndcg
from models.evaluation.metrics.precision import precision
from models.evaluation.metrics.recall import recall
from models.evaluation.metrics.reciprocal_rank import reciprocal_rank

HITS = np.array([[True, False, True], [False, False, False], [True, True, True]])
RELEVANT = np.array([4, 2, 3])
THIRD = np.array([[False, False, True]])


def test_hit_rate_is_one_with_any_hit() -> None:
    assert hit_rate(HITS).tolist() == [1, 0, 1]


def test_recall_divides_by_all_that_is_relevant() -> None:
    assert recall(HITS, RELEVANT) == pytest.approx([0.5, 0, 1])


def test_precision_divides_by_k() -> None:
    assert precision(HITS) == pytest.approx([2 / 3, 0, 1])


def test_reciprocal_rank_is_of_the_first_hit() -> None:
    assert reciprocal_rank(HITS).tolist() == [1, 0, 1]
    assert reciprocal_rank(THIRD) == pytest.approx([1 / 3])


def test_average_precision_is_the_mean_precision_at_the_hits() -> None:
    # precision 1 at position 1 and 2/3 at position 3, of 3 possible hits: (1 + 2/3) / 3
    assert average_precision(HITS, RELEVANT) == pytest.approx([5 / 9, 0, 1])
    # one relevant item: its reciprocal rank
    assert average_precision(THIRD, np.array([1])) == pytest.approx([1 / 3])


def test_ndcg_discounts_by_position_against_the_best_list_of_k() -> None:
    # 1/log2(2) + 1/log2(4) = 1.5; the best list of three: 1 + 0.63093 + 0.5
    assert ndcg(HITS, RELEVANT) == pytest.approx([1.5 / 2.130930, 0, 1], abs=1e-6)
    # one relevant item, in the third place: 0.5 of 1
    assert ndcg(THIRD, np.array([1])) == pytest.approx([0.5])
