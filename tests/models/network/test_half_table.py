"""Products of a table in half precision."""

import numpy as np

from models.network.half_table import HalfTable


def test_products_are_within_a_thousandth() -> None:
    vectors = np.random.default_rng(0).normal(size=(500, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    products = HalfTable.of(vectors).multiply(vectors[3])
    assert products.dtype == np.float32
    np.testing.assert_allclose(products, vectors @ vectors[3], atol=1e-3)
