"""Similarity and diversity against hand-worked numbers."""

import numpy as np
import pytest

from app.pipeline.similarity import (
    Similarity,
    blended_matrix,
    cosine_matrix,
    intra_list_diversity,
    jaccard_matrix,
)


def test_cosine_of_the_design_page():
    found = cosine_matrix(np.array([[1, 2, 3], [4, 5, 6], [0, 0, 0]], dtype=np.float32))
    assert found[0, 1] == pytest.approx(32 / np.sqrt(14 * 77), abs=1e-6)
    assert round(float(found[0, 1]), 4) == 0.9746
    assert found[0, 2] == 0
    assert np.diag(found).tolist() == [1, 1, 1]


def test_jaccard_by_hand():
    labels = [frozenset("abc"), frozenset("bcd"), frozenset("x"), frozenset(), frozenset()]
    found = jaccard_matrix(labels)
    assert found[0, 1] == pytest.approx(2 / 4)
    assert found[0, 2] == 0
    assert found[3, 4] == 0  # nothing known is nothing shared
    assert np.diag(found).tolist() == [1] * 5
    assert (found == found.T).all()


def test_blend_is_the_mean_and_cosine_alone_without_labels():
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    blended = blended_matrix(vectors, [frozenset("ab"), frozenset("b"), frozenset("a")])
    assert blended[0, 1] == pytest.approx((1 + 0.5) / 2)
    assert blended[0, 2] == pytest.approx((0 + 0.5) / 2)
    assert blended_matrix(vectors, [frozenset()] * 3)[0, 1] == pytest.approx(1)


def test_diversity_by_hand():
    similarity = np.array([[1, 0.5, 0.25], [0.5, 1, 0], [0.25, 0, 1]], dtype=np.float32)
    assert intra_list_diversity(similarity) == pytest.approx((0.5 + 0.75 + 1) / 3)
    assert intra_list_diversity(np.ones((4, 4), dtype=np.float32)) == 0
    assert intra_list_diversity(np.ones((1, 1), dtype=np.float32)) == 0
    assert intra_list_diversity(np.zeros((0, 0), dtype=np.float32)) == 0


@pytest.mark.parametrize("labelled", [True, False])
def test_columns_are_those_of_the_matrix(labelled):
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((30, 8)).astype(np.float32)
    labels = [frozenset(rng.choice(list("abcdefg"), rng.integers(0, 4)).tolist()) for _ in range(30)]
    labels = labels if labelled else [frozenset()] * 30
    similarity = Similarity.of(vectors, labels)
    columns = np.stack([similarity.to(position) for position in range(30)])
    cosine = cosine_matrix(vectors)
    expected = (cosine + jaccard_matrix(labels)) / 2 if labelled else cosine
    np.testing.assert_allclose(columns, expected, atol=1e-6)
    np.testing.assert_allclose(similarity.among(np.array([7, 3])), expected[[7, 3]][:, [7, 3]], atol=1e-6)


def test_as_many_label_sets_as_vectors():
    with pytest.raises(ValueError, match="expected 2 label sets, given 1"):
        Similarity.of(np.zeros((2, 3), dtype=np.float32), [frozenset()])
