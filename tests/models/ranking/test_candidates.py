"""Candidate selection: hand-worked rows, and the budget's arithmetic."""

from fractions import Fraction

import numpy as np
import pytest

from models.ranking.budget import Budget
from models.ranking.candidates import (
    merge_candidates,
    search_exactly,
    select_candidates,
)
from models.ranking.sources.registry import ARRAY_SOURCES
from models.ranking.sources.source import RetrievalInput, Source


def rows(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_exact_search_agrees_with_sorting_all_rows(share):
    rng = np.random.default_rng(3)
    vectors = rng.integers(-2, 3, (200, 3)).astype(np.float32)  # ties
    vector = np.array([1, -1, 2], dtype=np.float32)
    allowed = rng.random(200) < share
    by_score = sorted(np.flatnonzero(allowed), key=lambda row: (-float(vectors[row] @ vector), row))
    assert search_exactly(vectors, vector, 25, allowed).tolist() == by_score[:25]
    assert search_exactly(vectors, vector, 300, allowed).tolist() == by_score


def test_neighbours_fill_the_room_that_the_others_leave():
    # The others have 3 distinct rows: of the neighbours 1 and 4 find room, and 7, which another source has, takes none.
    merged = merge_candidates(rows(1, 7, 4, 5), [rows(7, 8), rows(8, 9)], 5)
    assert merged.tolist() == [1, 7, 4, 8, 9]
    assert merge_candidates(rows(1, 2), [], 1).tolist() == [1]
    assert merge_candidates(rows(), [rows(3, 3)], 5).tolist() == [3]


def test_candidates_by_hand(ten_items):
    """Neighbours of (1, 0) are 0, 1, ...; popular is 9 (1 of 6); like 3 is 2, and like 7 is 8 (cosine .987)."""
    vector = np.array([1, 0, 1, 1], dtype=np.float32)
    allowed = np.ones(10, dtype=np.bool_)
    budget = Budget(6)
    assert select_candidates(ten_items, vector, allowed, 3, budget).tolist() == [0, 1, 2, 3, 4, 9]
    assert select_candidates(ten_items, vector, allowed, None, budget).tolist() == [0, 1, 2, 3, 4, 9]
    assert select_candidates(ten_items, vector, allowed, 7, budget).tolist() == [0, 1, 2, 3, 9, 8]
    wide = select_candidates(ten_items, vector, allowed, 7, Budget(6, wide=True))
    assert sorted(wide.tolist()) == list(range(10))


def test_a_source_of_one_line_is_in_the_candidates(ten_items, monkeypatch):
    """Of 6 candidates the toy gives 2, so that 0 and 1 are all the neighbours with room beside 9 and 2."""

    def find_last(request: RetrievalInput, k: int) -> np.ndarray:
        return np.flatnonzero(request.allowed)[-k - 2 : -2]

    toy = Source("last", find_last, Fraction(1, 3))
    monkeypatch.setattr("models.ranking.candidates.ARRAY_SOURCES", [*ARRAY_SOURCES, toy])
    vector, allowed = np.array([1, 0, 1, 1], dtype=np.float32), np.ones(10, dtype=np.bool_)
    assert select_candidates(ten_items, vector, allowed, 3, Budget(6)).tolist() == [0, 1, 2, 9, 6, 7]
