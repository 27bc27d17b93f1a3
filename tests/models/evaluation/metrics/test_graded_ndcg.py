"""Graded NDCG by hand, and NDCG as the case in which every gain is 1."""

import numpy as np
import pytest
from scipy import sparse

from models.evaluation.metrics.graded_ndcg import graded_ndcg, ideal_gains, read_gains
from models.evaluation.metrics.ndcg import ndcg


def test_by_hand():
    """Worth 2, 1 and 1: a list with the one of 2 in second place, and nothing else."""
    gains = sparse.csr_array(np.array([[0, 1, 2, 1.0], [0, 0, 0, 0]]))
    ideal = ideal_gains(gains, 2)
    assert ideal.tolist() == [pytest.approx(2 + 1 / np.log2(3)), 0]
    found = graded_ndcg(np.array([[0, 2.0], [0, 0]], dtype=np.float32), ideal)
    assert found.tolist() == [pytest.approx(2 / np.log2(3) / (2 + 1 / np.log2(3))), 0]


def test_gains_of_one_are_ndcg():
    random = np.random.default_rng(0)
    relevant = random.random((20, 30)) < 0.2
    relevant[:, 0] = True
    lists = np.stack([random.permutation(30)[:10] for _ in range(20)])
    hits = np.take_along_axis(relevant, lists, axis=1)
    ideal = ideal_gains(sparse.csr_array(relevant.astype(float)), 10)
    np.testing.assert_allclose(graded_ndcg(hits.astype(np.float32), ideal), ndcg(hits, relevant.sum(1)))


def test_what_listed_items_are_worth():
    gains = sparse.csr_array(np.array([[0, 1, 2.0], [0.5, 0, 0]]))
    assert read_gains(gains, np.array([[2, 0, -1], [0, 2, 1]])).tolist() == [[2, 0, 0], [0.5, 0, 0]]
    assert read_gains(gains[:0], np.zeros((0, 3), dtype=np.int64)).shape == (0, 3)
