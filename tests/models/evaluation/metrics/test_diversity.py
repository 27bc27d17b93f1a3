"""The definitions, by hand."""

import math

import numpy as np
import pytest
from scipy import sparse

from models.evaluation.metrics import diversity
from models.evaluation.metrics.diversity import (
    NO_ITEM,
    cosine,
    cosine_of,
    coverage,
    intra_list_diversity,
    jaccard,
    jaccard_of,
    novelty,
)


def test_cosine_of_the_design() -> None:
    assert cosine(np.array([1, 2, 3]), np.array([4, 5, 6])) == pytest.approx(32 / math.sqrt(14 * 77))
    assert round(float(cosine(np.array([1, 2, 3]), np.array([4, 5, 6]))), 4) == 0.9746


def test_cosine_with_nothing_is_zero_and_with_the_opposite_minus_one() -> None:
    a, b = np.array([[0.0, 0.0], [1.0, 2.0]]), np.array([[1.0, 0.0], [-2.0, -4.0]])
    assert cosine(a, b) == pytest.approx([0, -1])


def test_jaccard() -> None:
    assert jaccard({"a", "b", "c"}, {"b", "c", "d"}) == 0.5
    assert jaccard({"a"}, {"a"}) == 1
    assert jaccard(set(), {"a"}) == 0
    assert jaccard(set(), set()) == 0


def test_jaccard_of_rows_is_jaccard_of_sets() -> None:
    random = np.random.default_rng(1)
    table = random.random((12, 5)) < 0.4
    sets = [{str(a) for a in np.flatnonzero(row)} for row in table]
    a, b = random.integers(0, 12, 40), random.integers(0, 12, 40)
    found = jaccard_of(sparse.csr_array(table))(a, b)
    assert found == pytest.approx([jaccard(sets[x], sets[y]) for x, y in zip(a, b, strict=True)])


def test_intra_list_diversity_is_the_mean_over_lists_of_pair_distances(monkeypatch) -> None:
    vectors = np.array([[1, 0], [0, 1], [-1, 0], [2, 0]], dtype=np.float32)
    lists = np.array([[0, 1, 2], [0, 3, NO_ITEM], [1, NO_ITEM, NO_ITEM]])
    # first: (1 + 2 + 1) / 3; second: 0, one pair; third: no pair
    assert intra_list_diversity(lists, cosine_of(vectors)) == pytest.approx((4 / 3 + 0) / 2)
    monkeypatch.setattr(diversity, "CHUNK", 2)
    assert intra_list_diversity(lists, cosine_of(vectors)) == pytest.approx(2 / 3)
    assert math.isnan(intra_list_diversity(lists[2:], cosine_of(vectors)))


def test_coverage_and_novelty() -> None:
    lists = np.array([[0, 1], [1, NO_ITEM]])
    assert coverage(lists, 8) == 0.25
    # shares with one more each: 4/8, 2/8, 1/8, 1/8
    assert novelty(lists, np.array([3, 1, 0, 0])) == pytest.approx((1 + 2 + 2) / 3)
    assert math.isnan(coverage(lists[:0], 0))
