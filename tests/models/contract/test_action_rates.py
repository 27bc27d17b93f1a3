"""Rates of actions by hand: which there are, and those of items just before a moment."""

import math

import numpy as np
import pytest

from models.contract.action_rates import TAKEN, fit_rates, item_rates, reach_rates, shrink_rates


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"impression": 6, "like": 1, "view": 3}, {TAKEN: 0.4, "view": 0.3, "like": 0.1}),
        ({"impression": 6, "view": 4}, {TAKEN: 0.4}),
        ({"skip": 1, "view": 4}, {TAKEN: 0.8}),
        ({"like": 1, "view": 3}, {}),
        ({"impression": 3}, {}),
        ({"view": 0}, {}),
    ],
)
def test_the_rates_of_a_log(counts: dict[str, int], expected: dict[str, float]) -> None:
    found = fit_rates(tuple(counts), tuple(counts.values()))
    assert found == pytest.approx(expected) and list(found) == list(expected)


def test_what_counts_for_a_rate() -> None:
    found = reach_rates(("like", "impression", "new"), {TAKEN: 0.4, "like": 0.1})
    assert found.tolist() == [[True, True], [False, False], [True, False]]


def test_without_events_a_rate_is_that_of_training() -> None:
    assert (
        shrink_rates(np.zeros((2, 2)), np.zeros((2, 1)), {TAKEN: 0.4, "like": 0.1}).tolist() == [[0, 0]] * 2
    )


def test_an_items_rate_counts_events_before_the_moment() -> None:
    """Item 1 is taken once in its two events before moment 3; its third event is at that moment."""
    items, times = np.array([1, 0, 1, 1], dtype=np.int32), np.array([1.0, 1.5, 2.0, 3.0])
    reached = np.array([[True], [False], [False], [True]])
    found = item_rates(items, times, reached, np.array([1.0, 3.0]), 2, {TAKEN: 0.2})
    odds = [math.log(share / (1 - share)) - math.log(0.2 / 0.8) for share in (2 / 11, 3 / 12)]
    np.testing.assert_allclose(found[:, :, 0], [[0, 0], odds], rtol=1e-4, atol=1e-6)
