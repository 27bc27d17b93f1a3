"""Readings of histories, by hand on three users."""

import numpy as np

from models.recipe.benchmark.readings import Reading, weigh_histories

ITEMS = np.array([0, 1, 2, 1, 3, 1])
OFFSETS = np.array([0, 3, 6, 6])
"""User 0 had the items 0, 1, 2; user 1 had 1, 3, 1; user 2 nothing."""


def weigh(reading: Reading) -> list[list[float]]:
    return weigh_histories(ITEMS, OFFSETS, 4, reading).toarray().round(4).tolist()


def test_all_events_count_alike() -> None:
    assert weigh(Reading()) == [[1, 1, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0]]


def test_recency_counts_steps_back_and_a_repeated_item_has_its_newest_event() -> None:
    expected = np.float32([[0.64, 0.8, 1, 0], [0, 1, 0, 0.8], [0, 0, 0, 0]])
    np.testing.assert_allclose(weigh(Reading(30, 0.8)), expected, rtol=1e-6)


def test_events_beyond_the_last_ones_are_absent() -> None:
    expected = np.float32([[0, 0.5, 1, 0], [0, 1, 0, 0.5], [0, 0, 0, 0]])
    np.testing.assert_allclose(weigh(Reading(2, 0.5)), expected)
    assert weigh(Reading(1)) == [[0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
