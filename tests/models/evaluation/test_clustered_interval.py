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
    ("figures", "users"),
    [([0.3], [0]), ([0.3, 0.9], [0, 0]), ([1.0, 1.0, 1.0], [0, 1, 2]), ([0.1] * 3, [0, 1, 2])],
)
def test_what_does_not_tell_its_spread_has_no_interval(figures: list[float], users: list[int]) -> None:
    interval = estimate_mean(np.array(figures), np.array(users))
    assert interval.mean == np.mean(figures)
    assert math.isnan(interval.low) and math.isnan(interval.high)


def test_the_interval_of_a_difference_by_hand() -> None:
    figures = np.array([0.0, 1.0, 0.2, 0.4, 0.6, 9.0])
    first, second = (np.array(mask, dtype=bool) for mask in ((1, 1, 0, 0, 0, 0), (0, 0, 1, 1, 1, 0)))
    interval = estimate_difference(figures, np.arange(6), first, second)
    # sums of squares over n^2: .5 / 4 and .08 / 9; the sixth list is in neither group, nor is its user counted
    error = math.sqrt(5 / 4 * (0.5 / 4 + 0.08 / 9))
    reach = stats.t.ppf(0.975, 1) * error
    assert (interval.mean, interval.low, interval.high) == pytest.approx((0.1, 0.1 - reach, 0.1 + reach))
    opposite = estimate_difference(figures, np.arange(6), second, first)
    assert (opposite.mean, opposite.low, opposite.high) == pytest.approx((-0.1, -0.1 - reach, reach - 0.1))


@pytest.mark.parametrize("lists", [1, 3])
def test_a_side_without_spread_has_the_pooled_one(lists: int) -> None:
    """Three users without a hit, and four of whom one has hits: the spread is .75 over 7 users."""
    figures, users = np.repeat([0.0, 0, 0, 1, 0, 0, 0], lists), np.repeat(np.arange(7), lists)
    first = users < 3
    interval = estimate_difference(figures, users, first, ~first)
    reach = stats.t.ppf(0.975, 2) * math.sqrt(0.75 / 7 * (1 / 3 + 1 / 4))
    assert (interval.mean, interval.low, interval.high) == pytest.approx((-0.25, -0.25 - reach, reach - 0.25))


@pytest.mark.parametrize(("rate", "lists"), [(0.05, 1), (0.25, 1), (0.05, 3)])
def test_groups_of_twenty_without_a_true_difference_are_seldom_worse(rate: float, lists: int) -> None:
    """Nine groups of 20 users and 2,000 others, with equal hit rates: at most 5 % of the reports say worse."""
    random, gains = np.random.default_rng(5), 1 / np.log2(np.arange(10) + 2)
    users = np.repeat(np.arange(9 * 20 + 2_000), lists)
    groups = [np.minimum(users // 20, 9) == number for number in range(10)]
    worse = 0
    for _ in range(40):
        figures = np.where(random.random(len(users)) < rate, random.choice(gains, len(users)), 0)
        intervals = [estimate_difference(figures, users, group, ~group, len(groups)) for group in groups]
        worse += any(interval.high < 0 for interval in intervals)
    assert worse <= 2


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
