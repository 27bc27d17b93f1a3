"""Jaccard similarity and intra-list diversity of item rows, by hand."""

import math

import numpy as np
import pytest
from scipy import sparse

from models.evaluation.metrics import intra_list_diversity as module
from models.evaluation.metrics.intra_list_diversity import (
    cosine_diversity,
    cosine_of,
    intra_list_diversity,
    jaccard_diversity,
    jaccard_of,
)
from models.evaluation.metrics.lists import NO_ITEM


def test_jaccard_by_hand() -> None:
    # {a, b, c}, {b, c, d}, {a}, {}, {}
    table = np.array([[1, 1, 1, 0], [0, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], dtype=bool)
    similarity = jaccard_of(sparse.csr_array(table))
    first, second = np.array([0, 2, 3, 3]), np.array([1, 2, 2, 4])
    assert similarity(first, second).tolist() == [0.5, 1, 0, 0]


def test_jaccard_of_rows_is_jaccard_of_sets() -> None:
    random = np.random.default_rng(1)
    table = random.random((12, 5)) < 0.4
    sets = [set(np.flatnonzero(row).tolist()) for row in table]
    a, b = random.integers(0, 12, 40), random.integers(0, 12, 40)
    expected = [len(sets[x] & sets[y]) / max(len(sets[x] | sets[y]), 1) for x, y in zip(a, b, strict=True)]
    assert jaccard_of(sparse.csr_array(table))(a, b) == pytest.approx(expected)


def test_intra_list_diversity_is_the_mean_over_lists_of_pair_distances(monkeypatch) -> None:
    vectors = np.array([[1, 0], [0, 1], [-1, 0], [2, 0]], dtype=np.float32)
    lists = np.array([[0, 1, 2], [0, 3, NO_ITEM], [1, NO_ITEM, NO_ITEM]])
    # first: (1 + 2 + 1) / 3; second: 0, one pair; third: no pair
    assert intra_list_diversity(lists, cosine_of(vectors)) == pytest.approx((4 / 3 + 0) / 2)
    monkeypatch.setattr(module, "CHUNK", 2)
    assert intra_list_diversity(lists, cosine_of(vectors)) == pytest.approx(2 / 3)
    assert math.isnan(intra_list_diversity(lists[2:], cosine_of(vectors)))


def test_items_without_vectors_or_attributes_have_no_diversity() -> None:
    lists = np.array([[0, 1]])
    assert math.isnan(cosine_diversity(lists, np.zeros((2, 0), np.float32)))
    assert math.isnan(jaccard_diversity(lists, sparse.csr_array((2, 0), dtype=bool)))
