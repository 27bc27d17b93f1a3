"""Similarity and diversity against hand-worked numbers."""

import math

import numpy as np
import pytest

from models.ranking.jaccard import jaccard
from models.ranking.label_overlap import multi_hot
from models.ranking.similarity import (
    Similarity,
    cosine,
    intra_list_diversity,
    unit_rows,
)

NO_LABELS = [frozenset[str]()] * 3


def test_cosine_of_the_design_page():
    # (1*4 + 2*5 + 3*6) / (|1,2,3| |4,5,6|) = 32 / sqrt(14 * 77)
    assert cosine(np.array([1, 2, 3]), np.array([4, 5, 6])) == pytest.approx(32 / math.sqrt(14 * 77))
    assert round(float(cosine(np.array([1, 2, 3]), np.array([4, 5, 6]))), 4) == 0.9746


def test_cosine_is_zero_with_a_zero_vector_and_minus_one_with_the_opposite():
    a, b = np.array([[0.0, 0.0], [1.0, 2.0]]), np.array([[1.0, 0.0], [-2.0, -4.0]])
    assert cosine(a, b) == pytest.approx([0, -1])


def test_unit_rows_keep_their_type_and_show_what_is_not_finite():
    vectors = np.array([[3, 4], [0, 0], [np.nan, 1], [1e30, 0]], dtype=np.float32)
    units = unit_rows(vectors)
    assert units.dtype == np.float32
    assert units[0].tolist() == pytest.approx([0.6, 0.8])
    assert units[1].tolist() == [0, 0]
    assert np.isnan(units[2]).all()
    assert unit_rows(vectors[:1].astype(np.float64)).dtype == np.float64


def test_jaccard_by_hand():
    # {a, b, c} with {b, c, d}: 2 of 4; {a} with {a}: 1 of 1; {} with {a} and {} with {}: nothing shared
    shared, sizes_a, sizes_b = np.array([2, 1, 0, 0]), np.array([3, 1, 1, 1]), np.array([3, 1, 1, 1])
    assert jaccard(shared, sizes_a, sizes_b).tolist() == [0.5, 1, 0, 0]


def test_the_similarity_of_items_by_hand():
    """Cosine and Jaccard of five items at right angles or equal, and the mean of both."""
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0, 0], [0, 0]], dtype=np.float32)
    labels = [frozenset("abc"), frozenset("bcd"), frozenset("x"), frozenset(), frozenset()]
    similarity = Similarity.of(vectors, labels).among(np.arange(5))
    assert similarity[0, 1] == pytest.approx((1 + 2 / 4) / 2)
    assert similarity[0, 2] == 0
    assert similarity[3, 4] == 0  # no label and no vector: nothing is shared
    assert np.diag(similarity).tolist() == [1] * 5
    assert (similarity == similarity.T).all()


def test_the_blend_is_cosine_alone_without_labels():
    vectors = np.array([[1, 2, 3], [4, 5, 6], [0, 0, 0]], dtype=np.float32)
    similarity = Similarity.of(vectors, NO_LABELS).among(np.arange(3))
    assert similarity[0, 1] == pytest.approx(32 / math.sqrt(14 * 77), abs=1e-6)
    assert similarity[0, 2] == 0


@pytest.mark.parametrize("labelled", [True, False])
def test_a_column_and_a_part_agree_with_pairs_of_items(labelled):
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((30, 8)).astype(np.float32)
    labels = [frozenset(rng.choice(list("abcdefg"), rng.integers(0, 4)).tolist()) for _ in range(30)]
    labels = labels if labelled else [frozenset()] * 30
    similarity = Similarity.of(vectors, labels)
    expected = np.ones((30, 30))
    for a in range(30):
        for b in set(range(30)) - {a}:
            angle = float(cosine(vectors[a], vectors[b]))
            union = len(labels[a] | labels[b])
            overlap = len(labels[a] & labels[b]) / union if union else 0.0
            expected[a, b] = (angle + overlap) / 2 if labels[a] and labels[b] else angle
    columns = np.stack([similarity.to(position) for position in range(30)])
    np.testing.assert_allclose(columns, expected, atol=1e-6)
    np.testing.assert_allclose(similarity.among(np.array([7, 3])), expected[[7, 3]][:, [7, 3]], atol=1e-6)


def test_diversity_by_hand():
    # pairs of three items: 1 - .5, 1 - .25, 1 - 0
    assert intra_list_diversity(np.array([0.5, 0.25, 0.0])) == pytest.approx((0.5 + 0.75 + 1) / 3)
    assert intra_list_diversity(np.ones(6)) == 0
    assert intra_list_diversity(np.zeros(0)) == 0
    pairs = np.array([[True, True, False], [False, False, False]])
    lists = intra_list_diversity(np.array([[0.5, 0.0, 0.9], [0.5, 0.5, 0.5]]), pairs)
    assert lists.tolist() == pytest.approx([0.75, 0])


def test_the_diversity_of_a_list_is_that_of_its_pairs():
    vectors = np.array([[1, 0], [0, 1], [-1, 0], [5, 0]], dtype=np.float32)
    similarity = Similarity.of(vectors, [frozenset()] * 4)
    # 0 and 1: 1; 0 and 2: 2; 1 and 2: 1
    assert similarity.diversity(np.array([0, 1, 2])) == pytest.approx(4 / 3)
    assert similarity.diversity(np.array([0, 3])) == pytest.approx(0, abs=1e-6)
    assert similarity.diversity(np.array([2])) == similarity.diversity(np.zeros(0, dtype=np.int64)) == 0


def test_labels_that_one_item_carries_count_in_the_sizes_alone():
    hot, sizes = multi_hot([frozenset("ab"), frozenset("b"), frozenset()])
    assert hot.tolist() == [[1], [1], [0]]
    assert sizes.tolist() == [2, 1, 0]


def test_as_many_label_sets_as_vectors():
    with pytest.raises(ValueError, match="expected 2 label sets, given 1"):
        Similarity.of(np.zeros((2, 3), dtype=np.float32), [frozenset()])
