"""Three items to rank (1 is nearly a copy of 0, 2 has nothing to do with either), and ten items on a line."""

from typing import NamedTuple

import numpy as np
import pytest

from models.contract.arrays import Floats
from models.contract.statistics import RECENT, STATISTICS
from models.ranking.sources.source import RetrievalTable


class ThreeItems(NamedTuple):
    relevance: Floats  # [3]
    similarity: Floats  # [3, 3]


@pytest.fixture(scope="session")
def three_items() -> ThreeItems:
    return ThreeItems(
        relevance=np.array([1.0, 0.8, 0.0], dtype=np.float32),
        similarity=np.array([[1, 0.9, 0], [0.9, 1, 0.1], [0, 0.1, 1]], dtype=np.float32),
    )


@pytest.fixture
def ten_items() -> RetrievalTable:
    """Item i lies at (10 - i, i), without bias and recent popularity; items 8 and 9 have recent interactions."""
    statistics = np.zeros((10, len(STATISTICS)), dtype=np.float32)
    statistics[[8, 9], RECENT] = 1, 2
    line = np.stack([np.arange(10, 0, -1), np.arange(10), *np.zeros((2, 10))], axis=1).astype(np.float32)
    return RetrievalTable(line, np.zeros(2, dtype=np.float32), statistics)
