"""Item statistics by hand, and that a snapshot knows nothing at or after its moment."""

import math

import numpy as np
import pytest

from models.contract.calendar import DAY
from models.contract.statistics import PRIOR_EVENTS, ItemEvents, item_statistics


def log(rows: list[tuple[int, float, float]]) -> ItemEvents:
    items, times, values = zip(*rows, strict=True)
    return ItemEvents(np.array(items), np.array(times, np.float64), np.array(values, np.float32))


def test_by_hand():
    """Item 0 at days 0 and 1 (values 1 and none), item 1 at day 1 (value -2); half-life of a day."""
    events = log([(0, 0.0, 1.0), (0, DAY, np.nan), (1, DAY, -2.0)])
    found = item_statistics(events, np.array([0.0, DAY, 2 * DAY, 4 * DAY]), n_items=3, half_life_days=1.0)
    assert found.shape == (4, 3, 3)
    assert not found[0].any()
    assert found[1, 0] == pytest.approx([math.log1p(0.5), math.log(2), 1 / (1 + PRIOR_EVENTS)])
    assert not found[1, 1].any()
    assert found[2, 0] == pytest.approx([math.log1p(0.25 + 0.5), math.log(3), 1 / (1 + PRIOR_EVENTS)])
    assert found[2, 1] == pytest.approx([math.log1p(0.5), math.log(2), -2 / (1 + PRIOR_EVENTS)])
    assert found[3, 0, 0] == pytest.approx(math.log1p(0.75 / 4))
    assert not found[:, 2].any()


def test_a_snapshot_is_the_same_whatever_other_snapshots_there_are():
    random = np.random.default_rng(0)
    rows = [(int(random.integers(4)), float(t), float(random.normal())) for t in range(0, 100 * 3600, 3600)]
    many = item_statistics(log(rows), np.arange(0, 100 * 3600, 1800.0), 4, 2.0)
    one = item_statistics(log(rows), np.array([50 * 3600.0]), 4, 2.0)
    np.testing.assert_allclose(many[100], one[0], rtol=1e-6)


@pytest.mark.parametrize("moment", [0.0, 5.0, 10.0, 19.0])
def test_what_is_at_or_after_a_moment_has_no_say(moment: float):
    rows = [(int(t) % 3, float(t), float(t)) for t in range(20)]
    altered = [(item, t, value) if t < moment else (2 - item, t, -value) for item, t, value in rows]
    before, after = (item_statistics(log(r), np.array([moment]), 3, 1.0) for r in (rows, altered))
    np.testing.assert_array_equal(before, after)
    later = [item_statistics(log(r), np.array([100.0]), 3, 1.0) for r in (rows, altered)]
    assert not np.array_equal(*later)


def test_no_moments():
    assert item_statistics(log([(0, 0.0, 1.0)]), np.zeros(0), 2, 1.0).shape == (0, 2, 3)
