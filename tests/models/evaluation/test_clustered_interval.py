"""Intervals over lists by hand: of a mean, of a difference, and for several comparisons at once."""

import math

import numpy as np
import pytest
from scipy import stats

from models.evaluation.clustered_interval import estimate_difference, estimate_mean

FIGURES = np.array([0.0, 0.5, 1.0, 0.5])


def test_the_interval_of_a_mean_is_students_over_users() -> None:
    interval = estimate_mean(FIGURES, np.arange(4))
    low, high = stats.t.interval(0.95, 3, loc=0.5, scale=stats.sem(FIGURES))
    assert (interval.mean, interval.low, interval.high) == pytest.approx((0.5, low, high))


def test_lists_of_one_user_are_one_observation() -> None:
    twice = estimate_mean(np.tile(FIGURES, 2), np.tile(np.arange(4), 2))
    once = estimate_mean(FIGURES, np.arange(4))
    assert (twice.low, twice.high) == pytest.approx((once.low, once.high))


@pytest.mark.parametrize(
    ("figures", "users"), [([0.3], [0]), ([0.3, 0.9], [0, 0]), ([1.0, 1.0, 1.0], [0, 1, 2])]
)
def test_what_does_not_tell_its_spread_has_no_interval(figures: list[float], users: list[int]) -> None:
    interval = estimate_mean(np.array(figures), np.array(users))
    assert interval.mean == np.mean(figures)
    assert math.isnan(interval.low) and math.isnan(interval.high)


def test_the_interval_of_a_difference_by_hand() -> None:
    figures = np.array([0.0, 1.0, 0.2, 0.4, 0.6, 9.0])
    first, second = (np.array(mask, dtype=bool) for mask in ((1, 1, 0, 0, 0, 0), (0, 0, 1, 1, 1, 0)))
    interval = estimate_difference(figures, np.arange(6), first, second)
    # sums of squares over n^2: .5 / 4 and .08 / 9; the sixth list is in neither group
    error = math.sqrt(6 / 5 * (0.5 / 4 + 0.08 / 9))
    reach = stats.t.ppf(0.975, 1) * error
    assert (interval.mean, interval.low, interval.high) == pytest.approx((0.1, 0.1 - reach, 0.1 + reach))
    opposite = estimate_difference(figures, np.arange(6), second, first)
    assert (opposite.mean, opposite.low, opposite.high) == pytest.approx((-0.1, -0.1 - reach, reach - 0.1))


def test_a_user_with_lists_on_both_sides_is_one_observation() -> None:
    # each user's two lists rise together, so that their difference hardly varies
    figures, users = np.array([0.1, 0.2, 0.7, 0.8, 0.5, 0.61]), np.array([0, 0, 1, 1, 2, 2])
    first = np.array([0, 1, 0, 1, 0, 1], dtype=bool)
    paired = estimate_difference(figures, users, first, ~first)
    alone = estimate_difference(figures, np.arange(6), first, ~first)
    assert paired.mean == pytest.approx(alone.mean) == pytest.approx(0.31 / 3)
    assert paired.high - paired.low < (alone.high - alone.low) / 10


def test_more_comparisons_at_once_have_wider_intervals() -> None:
    random = np.random.default_rng(3)
    figures, first = random.random(60), np.arange(60) < 20
    reaches = []
    for comparisons in (1, 10):
        interval = estimate_difference(figures, np.arange(60), first, ~first, comparisons)
        reaches.append(interval.high - interval.mean)
    assert reaches[1] / reaches[0] == pytest.approx(stats.t.ppf(0.9975, 19) / stats.t.ppf(0.975, 19))
