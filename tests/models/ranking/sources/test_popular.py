"""Popular rows: allowed, with interactions, the greatest statistic first."""

import numpy as np
import pytest

from models.ranking.sources.popular import select_popular


def test_popular_rows_are_allowed_and_have_interactions():
    recent = np.array([3, 0, 5, 3, 9], dtype=np.float32)
    allowed = np.array([True, True, True, True, False])
    assert select_popular(recent, allowed, 2).tolist() == [2, 0]
    assert select_popular(recent, allowed, 9).tolist() == [2, 0, 3]


@pytest.mark.parametrize("share", [1.0, 0.5, 0.0001])
@pytest.mark.parametrize("busy", [1.0, 0.001])
def test_many_items_are_ordered_as_if_all_were_read(share: float, busy: float) -> None:
    random = np.random.default_rng(0)
    recent = np.floor(random.pareto(1.0, 60_000) * 3).astype(np.float32)  # with many ties
    recent[random.random(60_000) >= busy] = 0
    allowed = random.random(60_000) < share
    rows = np.flatnonzero(allowed & (recent > 0))
    expected = rows[np.argsort(-recent[rows], kind="stable")][:50]
    assert select_popular(recent, allowed, 50).tolist() == expected.tolist()
