"""The figures of outcomes: sums by dimension, and intervals against figures from tables."""

import pytest

from app.outcomes.intervals import Interval, estimate_mean, estimate_rate
from app.outcomes.summary import group_cells, sum_counts, sum_labels
from app.state.protocol import Cell, Counts, LabelCell, LabelCounts

CELLS = {
    Cell("home", "", "v1", "neighbours+text", "1", "new"): Counts(10, 2, 6.0, 20.0),
    Cell("home", "", "v2", "text", "2", "old"): Counts(30, 3, 3.0, 3.0),
    Cell("", "b", "v2", "", "1", "old"): Counts(5),
}


def test_the_score_interval_of_a_rate() -> None:
    """Wilson's interval of 10 in 50 is [0.1124, 0.3304] (Newcombe 1998 has the method)."""
    assert estimate_rate(10, 50) == pytest.approx((0.2, 0.11243, 0.33037), abs=1e-5)
    assert estimate_rate(0, 10) == pytest.approx((0.0, 0.0, 0.27753), abs=1e-5)
    assert estimate_rate(12, 10) == estimate_rate(10, 10) == pytest.approx((1.0, 0.72247, 1.0), abs=1e-5)
    assert estimate_rate(0, 0) is None


def test_the_normal_interval_of_a_mean() -> None:
    """Values 1, 2, 3, 6: mean 3, standard deviation sqrt(14 / 3), and half of the interval 1.96 times its half."""
    half = 1.959964 * (14 / 3) ** 0.5 / 2
    assert estimate_mean(12.0, 50.0, 4) == pytest.approx((3.0, 3 - half, 3 + half), abs=1e-5)
    assert estimate_mean(2.0, 4.0, 1) == Interval(2.0, 2.0, 2.0)
    assert estimate_mean(0.3, 0.09, 3) is not None and estimate_mean(0.0, 0.0, 0) is None


def test_cells_are_summed_by_dimension() -> None:
    assert sum_counts(CELLS) == Counts(45, 5, 9.0, 23.0)
    assert [(group.parts, group.counts.shown) for group in group_cells(CELLS, ["scene"])] == [
        (("home",), 40),
        (("",), 5),
    ]
    assert [(group.parts, group.counts.shown) for group in group_cells(CELLS, ["rank", "scene"])] == [
        (("2", "home"), 30),
        (("1", "home"), 10),
        (("1", ""), 5),
    ]


def test_an_item_counts_under_each_of_its_sources() -> None:
    groups = {group.parts: group.counts for group in group_cells(CELLS, ["source", "model_version"])}
    assert groups == {
        ("neighbours", "v1"): Counts(10, 2, 6.0, 20.0),
        ("text", "v1"): Counts(10, 2, 6.0, 20.0),
        ("text", "v2"): Counts(30, 3, 3.0, 3.0),
        ("", "v2"): Counts(5),
    }


def test_labels_are_summed_by_head_and_version() -> None:
    labels = {
        LabelCell("like", "v1", 9): LabelCounts(4, 3.75, 4),
        LabelCell("like", "v1", 2): LabelCounts(4, 1.0, 2),
        LabelCell("like", "v2", 2): LabelCounts(1, 0.25, 0),
    }
    first, second = sum_labels(labels)
    assert (first.head, first.model_version, first.counts) == ("like", "v1", LabelCounts(8, 4.75, 6))
    assert [(each.low, each.high, each.counts.labels) for each in first.bins] == [
        (0.2, 0.3, 4),
        (0.9, 1.0, 4),
    ]
    assert (second.model_version, second.counts) == ("v2", LabelCounts(1, 0.25, 0))
