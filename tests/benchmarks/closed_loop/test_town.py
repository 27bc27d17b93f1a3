"""The simulated town: births and deaths, chances, rewards and takes."""

import numpy as np
import pytest

from benchmarks.closed_loop.tastes import DAMPING, Tastes, fit
from benchmarks.closed_loop.town import (
    EXAMINED,
    LIST,
    TREND,
    Lives,
    Town,
    draw_lives,
    draw_takes,
    examination,
    find_best,
    reward,
    trend,
)


def make_town():
    tastes = Tastes(
        np.array([[1.0, 0.0], [0.0, 1.0]]),
        np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]),
        np.zeros(3),
        ("a", "b", "c"),
        (("Drama",), ("War",), ("Drama", "War")),
    )
    return Town(tastes, Lives(np.zeros(3, np.int64), np.full(3, 9)), 0)


def test_bias_of_an_item_is_damped():
    # The mean is 3; the first item has two ratings, each 2 above it.
    _, _, quality = fit(np.array([[5.0, 1.0], [5.0, 1.0]]))
    assert quality.tolist() == pytest.approx([4 / (2 + DAMPING), -4 / (2 + DAMPING)])


def test_births_and_deaths_are_of_different_items():
    lives = draw_lives(100, 10, 3)
    assert (lives.born > 0).sum() == 25
    assert (lives.dies <= 10).sum() == 10
    assert not ((lives.born > 0) & (lives.dies <= 10)).any()
    assert lives.alive(0).sum() == 75


def test_a_taken_item_has_no_chance_and_tires_of_its_like():
    town = make_town()
    fresh = town.chances(0, np.zeros(3), np.zeros(3))
    town.taken[0] = [0]
    tired = town.chances(0, np.zeros(3), np.zeros(3))
    assert tired[0] == 0
    assert tired[1] == fresh[1]
    assert tired[2] < fresh[2]


def test_drift_is_the_same_for_every_policy_and_begins_after_the_first_day():
    one, other = make_town(), make_town()
    assert np.array_equal(one.affinity(5), other.affinity(5))
    assert not np.array_equal(one.affinity(5), one.affinity(4))
    assert one.affinity(0)[0, 0] > one.affinity(0)[0, 1]


def test_trend_lifts_the_items_of_one_genre():
    genres = (("Drama",), ("War",))
    assert sorted(trend(genres, 0, 1).tolist()) == [0.0, TREND]
    assert np.array_equal(trend(genres, 0, 1), trend(genres, 2, 1))


def test_reward_counts_places_by_how_often_they_are_looked_at():
    assert reward(np.array([0.5, 0.2]), np.array([1, 0])) == pytest.approx(0.2 + EXAMINED * 0.5)


def test_no_list_of_living_items_earns_more_than_the_oracle():
    random = np.random.default_rng(0)
    chances, alive = random.random(40), random.random(40) < 0.7
    best = reward(chances, find_best(chances, alive))
    assert all(reward(chances, random.permutation(np.flatnonzero(alive))[:LIST]) <= best for _ in range(200))


def test_takes_follow_the_chances_and_the_places():
    random = np.random.default_rng(0)
    places = np.arange(3)
    drawn = [draw_takes(np.array([1.0, 1.0, 0.0]), places, random) for _ in range(4000)]
    counts = np.bincount([rank for ranks in drawn for rank in ranks], minlength=3) / 4000
    assert counts[0] == 1
    assert counts[1] == pytest.approx(examination(2)[1], abs=0.03)
    assert counts[2] == 0
