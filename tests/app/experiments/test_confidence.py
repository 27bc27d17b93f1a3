"""Confidence sequences by hand, and how often they are wrong under repeated looks."""

import math

import numpy as np
import pytest

from app.experiments.confidence import Estimate, find_interval, find_p_value

LOOKS = 60


def test_an_interval_by_hand() -> None:
    """With 1,000 users the ratio is 1 and the growth sqrt 2: the square of the half is 2 * 2 * ln(sqrt 2 / 0.05)."""
    interval = find_interval(Estimate(3.0, 1.0, 1_000))
    assert interval is not None
    half = math.sqrt(4 * math.log(math.sqrt(2) / 0.05))
    assert (interval.low, interval.high) == pytest.approx((3 - half, 3 + half))


@pytest.mark.parametrize("users", [100, 1_000, 50_000])
def test_a_p_value_is_where_the_interval_ends_at_0(users: int) -> None:
    for value in (2.0, 4.0, -6.0):
        estimate = Estimate(value, 1.0, users)
        p_value = find_p_value(estimate)
        assert p_value is not None
        if p_value < 1:
            interval = find_interval(estimate, p_value)
            assert interval is not None
            assert min(abs(interval.low), abs(interval.high)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("estimate", [Estimate(1, 1, 99), Estimate(1, 0, 500), Estimate(1, math.inf, 500)])
def test_too_little_tells_nothing(estimate: Estimate) -> None:
    assert find_interval(estimate) is None and find_p_value(estimate) is None


def test_it_is_wrong_at_some_look_in_five_of_a_hundred_at_most_and_a_plain_interval_often() -> None:
    """400 experiments without a difference, looked at 60 times between 100 and 20,000 users."""
    random = np.random.default_rng(3)
    looks = np.unique(np.geomspace(100, 20_000, LOOKS).astype(int))
    wrong, plain = 0, 0
    for _ in range(400):
        draws = random.random(20_000) < 0.3
        values = np.where(draws, 0.7, -0.3)  # of mean 0
        sums, squares = values.cumsum()[looks - 1], (values**2).cumsum()[looks - 1]
        means = sums / looks
        variances = (squares / looks - means**2) / looks
        found = [
            find_interval(Estimate(float(mean), float(variance), int(users)))
            for mean, variance, users in zip(means, variances, looks, strict=True)
        ]
        wrong += any(each is not None and not each.low <= 0 <= each.high for each in found)
        plain += bool((np.abs(means) > 1.96 * np.sqrt(variances)).any())
    assert wrong <= 0.05 * 400 < 0.2 * 400 < plain
