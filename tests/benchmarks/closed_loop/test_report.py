"""The figures of the arms."""

from argparse import ArgumentTypeError

import pytest

from benchmarks.closed_loop.arms import find_arms
from benchmarks.closed_loop.days import Day
from benchmarks.closed_loop.report import plot, summarise, table

DAYS = [
    Day(1, 2, 1.0, 3.0, 20, 0, 2, 0, frozenset({1, 2}), frozenset({2, 5}), frozenset({2, 5}), frozenset()),
    Day(
        2, 2, 2.0, 3.0, 20, 10, 2, 1, frozenset({2, 3}), frozenset({7, 8}), frozenset({2, 7}), frozenset({2})
    ),
]


def test_figures_are_of_all_days():
    assert summarise(DAYS, 10) == {
        "days": 2,
        "reward": 0.75,
        "regret": 0.75,
        "coverage": 0.3,
        "new_places": 0.25,
        "new_takes": 0.25,
        "new_shown": 0.25,
        "new_reached": 1 / 3,
    }


def test_no_days_are_refused():
    with pytest.raises(ValueError, match="at least one day"):
        summarise([], 10)


def test_gain_is_over_the_first_arm():
    rows = table({"frozen": summarise(DAYS[:1], 10), "loop": summarise(DAYS, 10)}).splitlines()
    assert "+0.0%" in rows[2]
    assert "+50.0%" in rows[3]


def test_plot_has_a_line_for_each_arm():
    assert plot({"frozen": DAYS, "loop": DAYS}).count("<polyline") == 2


def test_arms_are_chosen_by_name():
    assert [arm.name for arm in find_arms("loop, live")] == ["live", "loop"]
    with pytest.raises(ArgumentTypeError, match=r"expected some of frozen, live, live [+] new items"):
        find_arms("live,lop")
