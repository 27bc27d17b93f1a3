"""Popular rows: allowed, with interactions, the greatest statistic first."""

import numpy as np

from models.ranking.sources.popular import select_popular


def test_popular_rows_are_allowed_and_have_interactions():
    recent = np.array([3, 0, 5, 3, 9], dtype=np.float32)
    allowed = np.array([True, True, True, True, False])
    assert select_popular(recent, allowed, 2).tolist() == [2, 0]
    assert select_popular(recent, allowed, 9).tolist() == [2, 0, 3]
