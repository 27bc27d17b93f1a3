"""Candidate selection: hand-worked rows, and the budget's arithmetic."""

from fractions import Fraction

import numpy as np
import pytest

from models.ranking.candidates import (
    POPULAR_SHARE,
    SIMILAR_SHARE,
    TEXT_SHARE,
    WIDE,
    Budget,
    RetrievalTable,
    merge_candidates,
    search_exactly,
    select_candidates,
    select_popular,
    select_similar,
)


def rows(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


@pytest.fixture
def ten_items() -> RetrievalTable:
    """Item i lies at (10 - i, i), without bias; items 8 and 9 have recent interactions."""
    recent = np.zeros(10, dtype=np.float32)
    recent[[8, 9]] = 1, 2
    line = np.stack([np.arange(10, 0, -1), np.arange(10), np.zeros(10)], axis=1).astype(np.float32)
    return RetrievalTable(line, np.zeros(2, dtype=np.float32), recent)


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_exact_search_agrees_with_sorting_all_rows(share):
    rng = np.random.default_rng(3)
    vectors = rng.integers(-2, 3, (200, 3)).astype(np.float32)  # ties
    vector = np.array([1, -1, 2], dtype=np.float32)
    allowed = rng.random(200) < share
    by_score = sorted(np.flatnonzero(allowed), key=lambda row: (-float(vectors[row] @ vector), row))
    assert search_exactly(vectors, vector, 25, allowed).tolist() == by_score[:25]
    assert search_exactly(vectors, vector, 300, allowed).tolist() == by_score


def test_popular_rows_are_allowed_and_have_interactions():
    recent = np.array([3, 0, 5, 3, 9], dtype=np.float32)
    allowed = np.array([True, True, True, True, False])
    assert select_popular(recent, allowed, 2).tolist() == [2, 0]
    assert select_popular(recent, allowed, 9).tolist() == [2, 0, 3]


def test_similar_rows_by_hand(ten_items):
    """Cosines with item 3 = (7, 3): item 2 .987, item 4 .983; nearer to the far centre they differ."""

    def nearest(vector, k, allowed):
        return search_exactly(ten_items.vectors, vector, k, allowed)

    allowed = np.ones(10, dtype=np.bool_)
    select = (ten_items.vectors, ten_items.centre, 3, allowed)
    assert select_similar(*select, 2, nearest).tolist() == [2, 4]
    assert select_similar(*select, 0, nearest).tolist() == []
    allowed[2] = False
    assert 2 not in select_similar(*select, 4, nearest)
    assert 3 not in select_similar(*select, 9, nearest)


def test_the_bias_makes_no_item_similar():
    vectors = np.array([[1, 0, 0], [1, 0.1, 0], [0, 1, 99]], dtype=np.float32)

    def nearest(vector, k, allowed):
        return search_exactly(vectors, vector, k, allowed)

    allowed, centre = np.ones(3, dtype=np.bool_), np.zeros(2, dtype=np.float32)
    assert select_similar(vectors, centre, 0, allowed, 1, nearest).tolist() == [1]


def test_neighbours_fill_the_room_that_the_others_leave():
    # The others have 3 distinct rows: of the neighbours 1 and 4 find room, and 7, which another source has, takes none.
    merged = merge_candidates(rows(1, 7, 4, 5), [rows(7, 8), rows(8, 9)], 5)
    assert merged.tolist() == [1, 7, 4, 8, 9]
    assert merge_candidates(rows(1, 2), [], 1).tolist() == [1]
    assert merge_candidates(rows(), [rows(3, 3)], 5).tolist() == [3]


def test_candidates_by_hand(ten_items):
    """Neighbours of (1, 0) are 0, 1, ...; popular is 9 (1 of 6); like 3 is 2, and like 7 is 8 (cosine .987)."""
    vector = np.array([1, 0, 1], dtype=np.float32)
    allowed = np.ones(10, dtype=np.bool_)
    budget = Budget(6)
    assert select_candidates(ten_items, vector, allowed, 3, budget).tolist() == [0, 1, 2, 3, 4, 9]
    assert select_candidates(ten_items, vector, allowed, None, budget).tolist() == [0, 1, 2, 3, 4, 9]
    assert select_candidates(ten_items, vector, allowed, 7, budget).tolist() == [0, 1, 2, 3, 9, 8]
    wide = select_candidates(ten_items, vector, allowed, 7, Budget(6, wide=True))
    assert sorted(wide.tolist()) == list(range(10))


def test_a_wide_budget_keeps_the_shares():
    narrow, wide = Budget(300), Budget(300, wide=True)
    assert (narrow.total, wide.total) == (300, WIDE)
    assert Budget(5000, wide=True).total == 5000
    for budget in (narrow, wide):
        assert budget.share(POPULAR_SHARE) == budget.share(SIMILAR_SHARE) == 50
        assert budget.share(TEXT_SHARE) == 100
    assert [Budget(n).share(Fraction(1, 6)) for n in (5, 6, 11, 12, 605)] == [0, 1, 1, 2, 100]
