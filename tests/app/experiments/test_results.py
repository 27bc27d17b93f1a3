"""Results by hand, and in simulated experiments with users who come back."""

import numpy as np
import pytest

from app.experiments.results import estimate_rate, estimate_value, summarise
from app.experiments.split_check import check_split, chi_square_tail
from app.state.protocol import ArmSums, Experiment, Variant
from models.contract.arrays import Doubles

SPLIT = Experiment("e", "s", (Variant("a", 0.5), Variant("b", 0.5)))


def sum_users(answers: Doubles, takes: Doubles) -> ArmSums:
    return ArmSums(
        users=len(answers),
        impressions=float(answers.sum()),
        takes=float(takes.sum()),
        impressions_squared=float(answers @ answers),
        takes_squared=float(takes @ takes),
        impressions_by_takes=float(answers @ takes),
    )


def test_a_rate_by_hand() -> None:
    """Users with 1 and 3 answers and 1 and 0 takes: residuals 3/4 and -3/4, twice their squares over 4 squared."""
    estimate = estimate_rate(sum_users(np.array([1.0, 3.0]), np.array([1.0, 0.0])))
    assert estimate is not None and estimate.users == 2
    assert estimate.value == 0.25
    assert estimate.variance == pytest.approx(2 * (2 * 0.75**2) / 16)


def test_what_is_not_there_has_no_figure() -> None:
    assert estimate_rate(ArmSums()) is None and estimate_value(ArmSums(1, 1, 1)) is None
    results = summarise(SPLIT, {"a": ArmSums(), "b": ArmSums()})
    assert results.split_p_value is None and not results.is_split_broken
    difference = results.arms[1].rate_difference
    assert results.arms[0].rate_difference is None and difference is not None
    assert difference.value is None and not difference.is_different


@pytest.mark.parametrize(
    ("statistic", "degrees", "tail"),
    [(3.841459, 1, 0.05), (5.991465, 2, 0.05), (7.814728, 3, 0.05), (16.918978, 9, 0.05), (0, 4, 1.0)],
)
def test_the_tail_of_chi_square_is_that_of_the_tables(statistic: float, degrees: int, tail: float) -> None:
    assert chi_square_tail(statistic, degrees) == pytest.approx(tail, abs=1e-6)


def test_a_split_by_hand() -> None:
    """60 and 40 of two halves: (10^2 + 10^2) / 50 = 4, of which 0.0455 are above."""
    assert check_split([60, 40], [0.5, 0.5]) == pytest.approx(0.0455, abs=1e-4)
    assert check_split([30, 60], [0.2, 0.4]) == pytest.approx(1)
    results = summarise(SPLIT, {"a": ArmSums(users=5_000), "b": ArmSums(users=5_400)})
    assert results.is_split_broken


def simulate(random: np.random.Generator, rate: float, days: int, users: int) -> list[ArmSums]:
    """The sums of an arm after each day. Users differ in how often they come and in how much they take."""
    visits = random.poisson(0.5, (days, users)).astype(float)
    taste = random.beta(rate * 4, (1 - rate) * 4, users)
    takes = random.binomial(visits.astype(int), taste).astype(float)
    n, y = visits.cumsum(axis=0), takes.cumsum(axis=0)
    return [sum_users(n[day][n[day] > 0], y[day][n[day] > 0]) for day in range(days)]


def is_found(random: np.random.Generator, rates: tuple[float, float], days: int = 14) -> bool:
    """Whether the arms are called different at the end of any day."""
    a, b = (simulate(random, rate, days, 4_000) for rate in rates)
    found = (
        summarise(SPLIT, {"a": one, "b": other}).arms[1].rate_difference
        for one, other in zip(a, b, strict=True)
    )
    return any(each is not None and each.is_different for each in found)


def test_two_equal_arms_are_called_different_in_five_of_a_hundred_at_most() -> None:
    random = np.random.default_rng(5)
    assert sum(is_found(random, (0.2, 0.2)) for _ in range(100)) <= 5


def test_a_difference_of_a_tenth_is_found() -> None:
    random = np.random.default_rng(6)
    assert sum(is_found(random, (0.2, 0.22)) for _ in range(20)) >= 15
