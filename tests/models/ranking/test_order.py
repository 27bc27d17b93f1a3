"""Orders of scores by hand: ties, the cut, and scores that are not finite."""

import numpy as np

from models.ranking.order import best_rows, sort_by_relevance


def test_relevance_order_by_hand():
    relevance = np.array([1, 3, np.nan, 3, 2, np.inf], dtype=np.float32)
    assert sort_by_relevance(relevance).tolist() == [1, 3, 4, 0, 2, 5]


def test_best_rows_by_hand():
    scores = np.array([1, 3, 2, 3, np.nan, np.inf, 2], dtype=np.float32)
    assert best_rows(scores, 4).tolist() == [1, 3, 2, 6]
    assert best_rows(scores, 3).tolist() == [1, 3, 2]  # ties by row, at the cut too
    assert best_rows(scores, 99).tolist() == [1, 3, 2, 6, 0, 4, 5]
    assert best_rows(scores, 0).tolist() == []
    assert best_rows(scores[:0], 3).tolist() == []
