"""The definitions, by hand."""

import math

import numpy as np
import pytest
from scipy import sparse

from models.evaluation.metrics import diversity
from models.evaluation.metrics.diversity import (
    NO_ITEM,
    cosine_of,
    coverage,
    intra_list_diversity,
    jaccard_of,
    novelty,
)


def test_jaccard_of_rows_is_jaccard_of_sets() -> None:
    random = np.random.default_rng(1)
    table = random.random((12, 5)) < 0.4
    table[:2] = False  # two items without attributes share nothing
    sets = [{str(a) for a in np.flatnonzero(row)} for row in table]
    a, b = np.append(random.integers(0, 12, 40), 0), np.append(random.integers(0, 12, 40), 1)
    found = jaccard_of(sparse.csr_array(table))(a, b)
    pairs = [(sets[x], sets[y]) for x, y in zip(a, b, strict=True)]
    assert found == pytest.approx([len(x & y) / len(x | y) if x | y else 0 for x, y in pairs])


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
