"""Live statistics by hand: buckets and decay, what counts add to popularity, and which items go together."""

import numpy as np
import pytest

from models.contract.live_statistics import LiveWindow, add_live_counts, measure_co_occurrence
from models.contract.statistics import STATISTICS

HOUR = 3600.0
DAY = LiveWindow(24 * HOUR)
"""Buckets of an hour."""
CEILINGS = np.full(len(STATISTICS), 100, dtype=np.float32)


def statistics(*recent: float) -> np.ndarray:
    """Items whose decayed and total counts are these, with a mean value."""
    counts = np.log1p(np.array(recent))
    return np.stack([counts, counts, np.full(len(recent), 0.25)], axis=1).astype(np.float32)


def test_buckets_cover_four_half_lives() -> None:
    now = 1000 * HOUR + 60
    assert DAY.bucket(now) == 1000
    assert DAY.list_buckets(now) == range(905, 1001)
    assert DAY.pair_bucket(now) == 166
    assert DAY.list_pair_buckets(now) == range(151, 167)
    assert (DAY.period(now), DAY.period(now + 24 * HOUR)) == (41, 42)


def test_an_event_counts_half_after_a_half_life() -> None:
    """From the middle of its bucket on; that of the present bucket is half way between its start and now."""
    assert DAY.weigh(1000, 1000.5 * HOUR + 24 * HOUR) == pytest.approx(0.5)
    assert DAY.weigh(1000, 1000 * HOUR) == 1
    assert DAY.weigh(1000, 1001 * HOUR) == pytest.approx(0.5 ** (0.5 / 24))
    assert DAY.weigh(100, 600 * HOUR + 27 * HOUR, buckets=6) == pytest.approx(0.5)
    assert DAY.weigh(1002, 1000 * HOUR) == 1  # of a clock that is ahead


def test_counts_add_to_those_of_the_bundle() -> None:
    before = statistics(0, 9, 9)
    after = add_live_counts(before, np.array([4.0, 10, 0]), 1.0, CEILINGS)
    assert np.expm1(after[:, :2]) == pytest.approx(np.array([[4, 4], [19, 19], [9, 9]]), rel=1e-5)
    assert after[:, 2].tolist() == [0.25] * 3
    assert after[2].tolist() == before[2].tolist()


def test_a_trend_counts_as_if_it_went_on() -> None:
    """25 users where none were usual: 25 - 2 * 5 exceed chance, and 9 more half-lives of them are expected."""
    (new, usual, popular) = add_live_counts(statistics(0, 250, 2500), np.full(3, 25.0), 10.0, CEILINGS)
    assert np.expm1(new[0]) == pytest.approx(25 + 9 * 15, rel=1e-4)
    assert np.expm1(usual[0]) == pytest.approx(275, rel=1e-4)  # 25 a half-life is what it is used to
    assert np.expm1(popular[0]) == pytest.approx(2525, rel=1e-4)


def test_four_users_are_no_trend() -> None:
    (few,) = add_live_counts(statistics(0), np.array([4.0]), 56.0, CEILINGS)
    assert np.expm1(few[0]) == pytest.approx(4, rel=1e-5)


def test_beyond_the_ceiling_popularity_grows_by_its_logarithm_alone() -> None:
    ceilings = np.array([1, 1, 0], dtype=np.float32)
    counts = np.expm1(np.array([0.5, 1 + np.e - 1, 5.0]))
    grown = add_live_counts(statistics(0, 0, 0), counts, 1.0, ceilings)[:, 0]
    assert grown == pytest.approx([0.5, 2, 1 + np.log1p(4)], rel=1e-5)


def test_co_occurrence_is_a_shrunk_cosine() -> None:
    together, first, second = np.array([20.0, 80, 10]), np.array([20.0, 160, 5]), np.array([20.0, 40, 10])
    # 20 of 20 and 20, shrunk by half; 80 of 160 and 80 (a pair has no more users than its items); 10 of 10 and 10
    expected = [0.5, 80 / np.sqrt(160 * 80) * 0.8, 1 / 3]
    assert measure_co_occurrence(together, first, second) == pytest.approx(expected)
