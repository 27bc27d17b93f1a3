"""The promotion gate, by hand: the margin, what is worse, what cannot be compared."""

import json
import math
from collections.abc import Mapping

import pytest
from pydantic import ValidationError

from models.contract.promotion import Headline, decide, parse_headline

FIGURES = {
    "ndcg@10": 0.3,
    "next_event_ndcg@10": 0.1,
    "like.auc": 0.8,
    "daypart.log_loss": 1.0,
}


def headline(changes: Mapping[str, float | None] | None = None, **report: object) -> Headline:
    """Measured on 900 lists at the cut, 3,600 next events, 10,000 events a head; a None takes a figure out."""
    figures = FIGURES | dict(changes or {})
    text = json.dumps(
        {
            "job": "movies",
            "data": {"test_from": 1e9, "test": 10_000, "users": 5},
            "at_cutoff": {"lists": 900, "rows": []},
            "next_event": {"lists": 3_600, "rows": []},
            "heads": [{"name": name, "count": 10_000, "kind": "any"} for name in ("like", "daypart")],
        }
        | report
    )
    return parse_headline(text, {name: value for name, value in figures.items() if value is not None})


def test_a_headline_knows_the_count_and_the_direction_of_each_figure() -> None:
    figures = headline().figures
    assert [figure.count for figure in figures.values()] == [900, 3_600, 10_000, 10_000]
    assert [figure.lower_is_better for figure in figures.values()] == [False, False, False, True]
    figures = headline(lower_is_better=["like.auc"]).figures
    assert [figure.lower_is_better for figure in figures.values()] == [False, False, True, False]


def test_the_better_and_the_equal_and_the_nearly_as_good_are_promoted() -> None:
    better = {"ndcg@10": 0.4, "next_event_ndcg@10": 0.2, "like.auc": 0.9, "daypart.log_loss": 0.5}
    # margins: .02 + 3/30, .02 + 3/60, .02 + 3/100
    nearly = {"ndcg@10": 0.265, "next_event_ndcg@10": 0.0935, "like.auc": 0.761, "daypart.log_loss": 1.049}
    for changes in ({}, better, nearly):
        decision = decide(headline(changes), headline())
        assert (decision.promote, decision.compared) == (True, True)
    assert decide(headline({"ndcg@10": 0.4}), headline()).reasons[0] == "ndcg@10 0.4000, was 0.3000"


def test_a_job_without_one_of_the_tasks_is_not_comparable() -> None:
    decision = decide(headline({"like.auc": None}), headline())
    assert (decision.promote, decision.compared) == (True, False)
    assert decision.reasons == ("the other bundle alone has the figures like.auc",)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ndcg@10": 0.263}, "expected ndcg@10 at least 0.2640, given 0.2630"),
        ({"next_event_ndcg@10": 0.09}, "expected next_event_ndcg@10 at least 0.0930, given 0.0900"),
        ({"like.auc": 0.75}, "expected like.auc at least 0.7600, given 0.7500"),
        ({"daypart.log_loss": 1.06}, "expected daypart.log_loss at most 1.0500, given 1.0600"),
    ],
)
def test_the_worse_is_kept_out_with_the_reason(changes, reason) -> None:
    decision = decide(headline(changes), headline())
    assert (decision.promote, decision.compared, decision.reasons) == (False, True, (reason,))


def test_the_tolerance_widens_the_margin() -> None:
    assert decide(headline({"like.auc": 0.75}), headline(), tolerance=0.1).promote
    assert not decide(headline({"like.auc": 0.77}), headline(), tolerance=0).promote


def test_a_figure_of_few_lists_is_noise() -> None:
    few = {"at_cutoff": {"lists": 9}}  # margin: 1.02 of the figure
    assert decide(headline({"ndcg@10": 0.0}, **few), headline(**few)).promote


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        ({"job": "books"}, "the other bundle is of the job 'movies'"),
        ({"data": {"test_from": 2e9, "test": 10_000}}, "the other bundle was measured on other test data"),
        ({"data": {"test_from": 1e9, "test": 9_999}}, "the other bundle was measured on other test data"),
        ({"at_cutoff": {"lists": 901}}, "the other bundle was measured on other test data"),
        ({"next_event": {"lists": 1}}, "the other bundle was measured on other test data"),
    ],
)
def test_figures_of_other_data_are_not_compared(report, reason) -> None:
    decision = decide(headline({"ndcg@10": 0.0}, **report), headline())
    assert (decision.promote, decision.compared, decision.reasons) == (True, False, (reason,))


@pytest.mark.parametrize("tolerance", [-0.1, math.nan])
def test_a_tolerance_below_zero_is_refused(tolerance) -> None:
    with pytest.raises(ValueError, match="tolerance >= 0"):
        decide(headline(), headline(), tolerance)


def test_a_report_without_the_counts_is_refused() -> None:
    with pytest.raises(ValidationError):
        parse_headline('{"job": "movies"}', FIGURES)
