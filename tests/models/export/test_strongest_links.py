"""The strongest links of dense and of sparse weights are the same."""

import numpy as np
import pytest
from scipy import sparse

from models.export import strongest_links as module
from models.export.strongest_links import keep_strongest, keep_strongest_dense


@pytest.mark.parametrize("keep", [3, 9])
def test_dense_weights_give_the_table_of_sparse_ones(monkeypatch: pytest.MonkeyPatch, keep: int) -> None:
    """Items 1, 4, 5, 7, 8 of ten have weights, some of them 0."""
    monkeypatch.setattr(module, "BLOCK_ROWS", 2)
    random, chosen = np.random.default_rng(2), np.array([1, 4, 5, 7, 8])
    weights = random.normal(size=(5, 5)).astype(np.float32) * (random.random((5, 5)) < 0.7)
    np.fill_diagonal(weights, 0)
    whole = np.zeros((10, 10), dtype=np.float32)
    whole[np.ix_(chosen, chosen)] = weights
    expected = keep_strongest(sparse.csr_array(whole), keep)
    found = keep_strongest_dense(weights, chosen, 10, keep)
    np.testing.assert_array_equal(found.weights, expected.weights)
    np.testing.assert_array_equal(found.rows, expected.rows)
