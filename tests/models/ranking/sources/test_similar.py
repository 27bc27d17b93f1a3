"""Rows similar to the last liked item, by hand."""

import numpy as np
import pytest

from models.contract.statistics import STATISTICS
from models.ranking.candidates import search_exactly
from models.ranking.sources.similar import find_similar_to_last_liked
from models.ranking.sources.source import RetrievalInput, RetrievalTable


@pytest.fixture
def like():
    """The input of a user without a vector who liked the item at a row."""

    def make(items, row, allowed):
        def nearest(vector, k, mask):
            return search_exactly(items.vectors, vector, k, mask)

        return RetrievalInput(items, np.zeros(items.vectors.shape[1]), allowed, row, nearest)

    return make


def test_similar_rows_by_hand(ten_items, like):
    """Cosines with item 3 = (7, 3): item 2 .987, item 4 .983."""
    allowed = np.ones(10, dtype=np.bool_)
    request = like(ten_items, 3, allowed)
    assert find_similar_to_last_liked(request, 2).tolist() == [2, 4]
    assert find_similar_to_last_liked(request, 0).tolist() == []
    allowed[2] = False
    assert 2 not in find_similar_to_last_liked(request, 4)
    assert 3 not in find_similar_to_last_liked(request, 9)


def test_a_user_who_liked_nothing_has_no_similar_rows(ten_items, like):
    assert find_similar_to_last_liked(like(ten_items, None, np.ones(10, dtype=np.bool_)), 2) is None


def test_the_bias_makes_no_item_similar(like):
    vectors = np.array([[1, 0, 0, 0], [1, 0.1, 0, 0], [0, 1, 99, 99]], dtype=np.float32)
    items = RetrievalTable(vectors, np.zeros(2, dtype=np.float32), np.zeros((3, len(STATISTICS))))
    allowed = np.ones(3, dtype=np.bool_)
    assert find_similar_to_last_liked(like(items, 0, allowed), 1).tolist() == [1]
