"""The paired bootstrap of known differences."""

import numpy as np
import pytest

from models.evaluation.paired_bootstrap import bootstrap_difference, bootstrap_mean


def test_a_constant_difference_has_no_width() -> None:
    second = np.random.default_rng(1).random(50)
    interval = bootstrap_difference(second + 0.25, second, seed=0)
    assert (interval.mean, interval.low, interval.high) == pytest.approx((0.25, 0.25, 0.25))


def test_the_interval_is_that_of_the_normal_approximation() -> None:
    """A difference that is 0 or 1 alike, over 400 lists: the mean's standard error is .5 / 20."""
    first = np.tile([0.0, 1.0], 200)
    interval = bootstrap_difference(first, np.zeros(400), seed=3)
    assert interval.mean == 0.5
    assert (interval.low, interval.high) == pytest.approx((0.5 - 1.96 * 0.025, 0.5 + 1.96 * 0.025), abs=0.006)


def test_equal_seeds_give_equal_intervals() -> None:
    first, second = np.random.default_rng(2).random((2, 30))
    assert bootstrap_difference(first, second, 5) == bootstrap_difference(first, second, 5)
    assert bootstrap_difference(first, second, 5) != bootstrap_difference(first, second, 6)


def test_the_interval_of_a_mean_is_that_of_its_difference_to_zero() -> None:
    figures = np.random.default_rng(4).random(40)
    assert bootstrap_mean(figures, 1) == bootstrap_difference(figures, np.zeros(40), 1)


@pytest.mark.parametrize(("first", "second"), [(np.zeros(0), np.zeros(0)), (np.zeros(2), np.zeros(3))])
def test_figures_that_are_no_pairs_are_refused(first: np.ndarray, second: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected two figures"):
        bootstrap_difference(first, second, 0)
