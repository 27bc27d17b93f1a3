"""Ranking over all items: order, ties, seen items, and figures worked by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from models.evaluation.full_ranking import evaluate_lists, rank_lists, rank_top
from models.evaluation.metrics.lists import NO_ITEM, ItemFacts
from models.evaluation.metrics.registry import LIST_METRICS
from models.evaluation.protocols import RankingCase


def flags(rows) -> sparse.csr_array:
    return sparse.csr_array(np.array(rows, dtype=bool))


def test_best_first_ties_to_the_lower_index_seen_never_not_finite_last() -> None:
    scores = np.array([[1, 3, 3, 2, 3], [np.nan, 0, np.inf, -1e30, 5], [1, 1, 1, 1, 1]], dtype=np.float32)
    seen = flags([[0, 1, 0, 0, 0], [0, 0, 0, 0, 1], [1, 1, 1, 1, 0]])
    assert rank_top(scores, seen, 4).tolist() == [[2, 4, 3, 0], [1, 3, 0, 2], [4, NO_ITEM, NO_ITEM, NO_ITEM]]


def test_a_list_longer_than_the_catalogue_is_filled_with_no_item() -> None:
    assert rank_top(np.ones((1, 2), np.float32), flags([[0, 0]]), 3).tolist() == [[0, 1, NO_ITEM]]
    assert rank_top(np.ones((1, 0), np.float32), sparse.csr_array((1, 0), dtype=bool), 2).tolist() == [
        [-1, -1]
    ]


@pytest.mark.parametrize(("k", "width"), [(0, 2), (1, 3)])
def test_wrong_k_or_shape_is_refused(k, width) -> None:
    with pytest.raises(ValueError, match="expected k >= 1"):
        rank_top(np.ones((1, 2), np.float32), sparse.csr_array((1, width), dtype=bool), k)


@settings(max_examples=60, deadline=None)
@given(
    scores=st.lists(
        st.sampled_from([-1.0, 0.0, 0.5, 2.0, math.nan, math.inf, -math.inf]), min_size=1, max_size=12
    ),
    data=st.data(),
)
def test_as_a_plain_sort_would(scores, data) -> None:
    seen = data.draw(st.lists(st.booleans(), min_size=len(scores), max_size=len(scores)))
    k = data.draw(st.integers(1, 14))
    left = [item for item in range(len(scores)) if not seen[item]]
    left.sort(
        key=lambda item: (
            not math.isfinite(scores[item]),
            -scores[item] if math.isfinite(scores[item]) else 0,
        )
    )
    expected = (left + [NO_ITEM] * k)[:k]
    assert rank_top(np.array([scores], np.float32), flags([seen]), k)[0].tolist() == expected


def test_figures_of_two_lists_by_hand() -> None:
    case = RankingCase(
        np.array([7, 8]), flags([[1, 0, 0, 0], [0, 0, 0, 0]]), flags([[0, 0, 1, 0], [1, 0, 0, 1]])
    )
    scores = np.array([[9, 3, 2, 1], [1, 3, 2, 0]], dtype=np.float32)
    facts = ItemFacts(
        popularity=np.array([0, 1, 3, 0]),
        vectors=np.array([[1, 0], [0, 1], [0, 2], [1, 0]], dtype=np.float32),
        attributes=flags([[1, 0], [1, 1], [1, 0], [0, 0]]),
    )
    lists = rank_lists(lambda rows: scores[rows], case, k=2)
    assert lists.tolist() == [[1, 2], [1, 2]]
    assert evaluate_lists(lists, case, facts) == pytest.approx(
        {
            "ndcg": (1 / math.log2(3) + 0) / 2,
            "hit_rate": 0.5,
            "recall": 0.5,
            "precision": (1 / 2 + 0) / 2,
            "mrr": (1 / 2 + 0) / 2,
            "map": (1 / 2 + 0) / 2,
            "coverage": 0.5,
            "novelty": (-math.log2(2 / 8) - math.log2(4 / 8)) / 2,
            "ild_cosine": 0,
            "ild_jaccard": 0.5,
        }
    )


def test_without_lists_vectors_or_attributes_figures_are_undefined() -> None:
    nothing = sparse.csr_array((0, 3), dtype=bool)
    facts = ItemFacts(
        np.zeros(3, np.int64), np.zeros((3, 0), np.float32), sparse.csr_array((3, 0), dtype=bool)
    )
    case = RankingCase(np.zeros(0, np.int64), nothing, nothing)
    lists = rank_lists(lambda rows: np.zeros((len(rows), 3), np.float32), case)
    figures = evaluate_lists(lists, case, facts)
    assert figures.pop("coverage") == 0
    assert list(figures) == [name for name in LIST_METRICS if name != "coverage"]
    assert all(math.isnan(figure) for figure in figures.values())


def test_lists_are_the_same_whatever_the_batch(monkeypatch) -> None:
    random = np.random.default_rng(0)
    scores = random.random((9, 20)).astype(np.float32)
    seen = random.random((9, 20)) < 0.3
    relevant = np.zeros_like(seen)
    relevant[np.arange(9), np.argmin(seen, axis=1)] = True
    case = RankingCase(np.arange(9), flags(seen), flags(relevant))
    whole = rank_lists(lambda rows: scores[rows], case, 5)
    monkeypatch.setattr("models.evaluation.full_ranking.BATCH", 4)
    assert np.array_equal(rank_lists(lambda rows: scores[rows], case, 5), whole)
    assert not seen[np.arange(9)[:, None], whole].any()
