"""Comparisons of a sent list with an unseen one, worked by hand."""

from dataclasses import asdict

import pytest

from app.experiments.shadow import SentList, UnseenList, compare_lists, correlate_ranks, measure_overlap


def test_overlap_is_a_share_of_the_first_places() -> None:
    ten = [str(number) for number in range(10)]
    assert measure_overlap(ten, ten) == 1.0
    assert measure_overlap(ten, [*ten[5:], "a", "b", "c", "d", "e"]) == 0.5
    assert measure_overlap([*ten, "x"], ["x", *ten[:9]]) == 0.9, "the eleventh place does not count"
    assert measure_overlap(["a", "b"], ["b", "c"]) == 0.5
    assert measure_overlap(["a"], []) == 0.0
    assert measure_overlap([], []) == 1.0


def test_rank_correlation_is_kendalls_tau() -> None:
    assert correlate_ranks([3.0, 2.0, 1.0]) == 1.0
    assert correlate_ranks([1.0, 2.0, 3.0]) == -1.0
    assert correlate_ranks([3.0, 1.0, 2.0]) == pytest.approx(1 / 3)  # two pairs agree, one does not
    assert correlate_ranks([2.0, 2.0]) == 0.0


def test_items_that_the_other_did_not_score_are_left_out() -> None:
    """The drift is that of a, from .9 to .5, and of b, from .8 to .7; their order is the reverse."""
    sent = SentList(("a", "b", "c"), (0.9, 0.8, 0.1), 0.25)
    sums = compare_lists(sent, UnseenList(("b", "d", "a"), {"b": 0.7, "d": 0.6, "a": 0.5}, 0.5))
    assert asdict(sums) == pytest.approx(
        {
            "answers": 1,
            "overlap": 2 / 3,
            "ordered": 1,
            "rank_correlation": -1,
            "scored": 1,
            "score_drift": -0.25,
            "sent_seconds": 0.25,
            "unseen_seconds": 0.5,
        }
    )


def test_lists_without_a_common_item_have_no_order_and_no_drift() -> None:
    sums = compare_lists(SentList(("a",), (0.9,), 0.0), UnseenList(("b",), {"b": 0.7}, 0.0))
    assert (sums.overlap, sums.ordered, sums.scored) == (0.0, 0.0, 0.0)
    one = compare_lists(SentList(("a",), (0.9,), 0.0), UnseenList(("a",), {"a": 1.0}, 0.0))
    assert (one.overlap, one.ordered, one.scored) == (1.0, 0.0, 1.0)
