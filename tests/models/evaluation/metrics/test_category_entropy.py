"""The entropy of a list's categories, by hand."""

import math

import numpy as np
import pytest
from scipy import sparse

from models.evaluation.metrics.category_entropy import category_entropy
from models.evaluation.metrics.lists import NO_ITEM

# Items: 0 and 1 are a, 2 is b, 3 is a and b, 4 has no category.
ATTRIBUTES = sparse.csr_array(np.array([[1, 0], [1, 0], [0, 1], [1, 1], [0, 0]], dtype=np.bool_))


@pytest.mark.parametrize(
    ("lists", "bits"),
    [
        ([[0, 1]], 0.0),  # all of one
        ([[0, 2]], 1.0),  # half and half
        ([[3, NO_ITEM]], 1.0),  # one place, shared by both
        ([[0, 1, 2, 3]], -(0.625 * math.log2(0.625) + 0.375 * math.log2(0.375))),  # 2.5 and 1.5 of 4 places
        ([[0, 4, 2]], 1.0),  # an item without a category says nothing
        ([[0, 1], [0, 2], [4, NO_ITEM]], 0.5),  # the mean over lists that have a category
    ],
)
def test_the_entropy_of_the_places(lists: list[list[int]], bits: float) -> None:
    assert category_entropy(np.array(lists), ATTRIBUTES) == pytest.approx(bits)


def test_without_categories_it_is_undefined() -> None:
    lists = np.array([[4, NO_ITEM]])
    assert math.isnan(category_entropy(lists, ATTRIBUTES))
    assert math.isnan(category_entropy(lists, ATTRIBUTES[:, :0]))
    assert math.isnan(category_entropy(lists[:0], ATTRIBUTES))
