"""Three items to rank: 1 is nearly a copy of 0, 2 has nothing to do with either."""

from typing import NamedTuple

import numpy as np
import pytest

from models.contract.arrays import Floats


class ThreeItems(NamedTuple):
    relevance: Floats  # [3]
    similarity: Floats  # [3, 3]


@pytest.fixture(scope="session")
def three_items() -> ThreeItems:
    return ThreeItems(
        relevance=np.array([1.0, 0.8, 0.0], dtype=np.float32),
        similarity=np.array([[1, 0.9, 0], [0.9, 1, 0.1], [0, 0.1, 1]], dtype=np.float32),
    )
