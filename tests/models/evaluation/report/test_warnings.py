"""Each warning on a report made by hand, and none on one without fault."""

import math

import pytest

from models.evaluation.report.fairness import Estimate, GroupingKind, UserGroup, UserGrouping
from models.evaluation.report.figure import Comparison
from models.evaluation.report.schema import (
    CALIBRATED,
    MODEL,
    RAW,
    SERVED,
    DataCounts,
    HeadReport,
    RankingRow,
    RankingTable,
    Report,
)
from models.evaluation.report.warnings import WARNING_RULES, add_warnings, find_warnings
from models.evaluation.trivial_predictors import CONSTANT, REPEAT


def compare(
    methods: tuple[str, str], values: tuple[float, float], error: float, figure: str = "ndcg"
) -> Comparison:
    sign = -1 if figure == "log_loss" else 1
    return Comparison(
        method=methods[0],
        other=methods[1],
        figure=figure,
        value=values[0],
        other_value=values[1],
        advantage=sign * (values[0] - values[1]),
        standard_error=error,
    )


def table(*comparisons: Comparison, coverage: tuple[float, float, float] = (0.3, 0.3, 0.05)) -> RankingTable:
    rows = [
        RankingRow(name=name, figures={"coverage": value})
        for name, value in zip((MODEL, SERVED, "popularity"), coverage, strict=True)
    ]
    return RankingTable(lists=50, rows=tuple(rows), comparisons=comparisons)


def report(**changes: object) -> Report:
    counts = DataCounts(users=9, items=9, interactions=9, train=7, valid=1, test=1, valid_from=0, test_from=1)
    fields = {"at_cutoff": table(), "next_event": table(), "job": "j", "model_version": "v", "created_at": ""}
    return Report.model_validate({"data": counts} | fields | changes)


def head(*comparisons: Comparison, **changes: object) -> HeadReport:
    fields = {"name": "like", "kind": "binary", "count": 90, "before": {}, "after": {"auc": 0.8}}
    names = {pair.other for pair in comparisons} - {RAW}
    trivial = {name: {} for name in sorted(names)}
    return HeadReport.model_validate(fields | {"comparisons": comparisons, "trivial": trivial} | changes)


def messages(given: Report) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for warning in find_warnings(given):
        found.setdefault(warning.rule, []).append(warning.message)
    return found


def test_a_report_without_fault_has_no_warning() -> None:
    good = compare((MODEL, "EASE"), (0.3, 0.2), 0.02)
    better = compare((CALIBRATED, CONSTANT), (0.5, 0.6), 0.02, "log_loss")
    given = report(at_cutoff=table(good), next_event=table(good), heads=(head(better),))
    assert find_warnings(given) == ()


def test_a_loss_beyond_chance_names_the_baseline_and_by_how_much() -> None:
    worse = compare((MODEL, "EASE"), (0.2, 0.25), 0.02)
    also = compare((MODEL, "item-kNN"), (0.2, 0.3), 0.02)
    served = compare((SERVED, "EASE"), (0.19, 0.25), 0.02)
    assert messages(report(next_event=table(worse, also, served))) == {
        "loses_to_baseline": [
            "chorus loses on next events to EASE by 0.0500 (chance explains 0.0400) and item-kNN by 0.1000 "
            "(chance explains 0.0400): its NDCG@10 is 0.2000",
            "chorus, as served loses on next events to EASE by 0.0600 (chance explains 0.0400): "
            "its NDCG@10 is 0.1900",
        ]
    }


@pytest.mark.parametrize(("value", "advantage"), [(0.22, "-0.0300"), (0.28, "+0.0300"), (0.29, "+0.0400")])
def test_a_difference_that_chance_explains_is_neither_won_nor_lost(value: float, advantage: str) -> None:
    assert messages(report(at_cutoff=table(compare((MODEL, "EASE"), (value, 0.25), 0.02)))) == {
        "not_clearly_better": [
            f"chorus is not clearly better at the cut than EASE ({advantage}, chance explains 0.0400): "
            f"its NDCG@10 is {value:.4f}"
        ]
    }


def test_without_a_standard_error_the_figures_alone_count() -> None:
    lost = report(at_cutoff=table(compare((MODEL, "EASE"), (0.2, 0.25), math.nan)))
    assert messages(lost) == {
        "loses_to_baseline": [
            "chorus loses at the cut to EASE by 0.0500 (too few lists to tell chance): its NDCG@10 is 0.2000"
        ]
    }


@pytest.mark.parametrize(
    ("coverage", "warned"),
    [
        ((0.3, 0.06, 0.05), [SERVED]),
        ((0.06, 0.3, 0.05), [MODEL]),
        ((0.08, 0.08, 0.05), []),
        ((0.9, 0.9, 0.8), []),  # ten of a dozen items: every method covers them
        ((0.3, 0.3, math.nan), []),
    ],
)
def test_coverage_near_popularitys(coverage: tuple[float, float, float], warned: list[str]) -> None:
    found = messages(report(at_cutoff=table(coverage=coverage))).get("coverage_near_popularity", [])
    assert [message.partition(" lists")[0] for message in found] == warned
    assert all("6.00% of the catalogue at the cut, and popularity 5.00%" in message for message in found)


def group(name: str, lead: tuple[float, float | None, float | None] | None) -> UserGroup:
    value, low, high = lead or (0, 0, 0)
    return UserGroup(
        name=name,
        lists=1_200,
        users=90,
        ndcg=Estimate(value=0.2, low=0.15, high=0.25),
        hit_rate=Estimate(value=0.5, low=0.4, high=0.6),
        difference_to_others=None if lead is None else Estimate(value=value, low=low, high=high),
    )


def test_only_a_group_that_is_worse_beyond_chance_is_reported() -> None:
    groups = (
        group("artist", (-0.1, -0.15, -0.05)),
        group("farmer", (-0.1, -0.21, 0.01)),
        group("baker", (0.1, 0.05, 0.15)),
        group("alike", (-0.1, None, None)),
        group("few", None),
    )
    given = report(
        next_event=table().model_copy(
            update={
                "groups": (
                    # an attribute of users may be called as the other kind is
                    UserGrouping(kind=GroupingKind.ATTRIBUTE, name="activity", groups=groups),
                    UserGrouping(kind=GroupingKind.ACTIVITY, name="activity", groups=groups),
                )
            }
        )
    )
    assert messages(given) == {
        "group_worse": [
            "chorus, as served is worse on next events for the users of activity 'artist': NDCG@10 0.2000 over 1,200 "
            "lists, 0.1000 less than for the others (0.0500 to 0.1500, for all groups at once)"
        ]
    }


def test_training_that_was_cut_is_reported_first() -> None:
    given = report(training_cuts=("training.max_minutes (5) ended training after 2 of at most 9 epochs",))
    assert [warning.rule for warning in find_warnings(given)] == ["training_cut"]
    assert "after 2 of at most 9 epochs" in find_warnings(given)[0].message


def test_privacy_says_what_it_leaves_out() -> None:
    loss = {"epsilon": 7.9, "epsilon_budget": 8, "delta": 1e-5, "noise_multiplier": 1.5, "max_grad_norm": 1}
    found = messages(report(privacy=loss | {"sample_rate": 0.25, "steps": 40}))
    assert list(found) == ["outside_privacy"]
    assert "outside of it are the users' histories" in found["outside_privacy"][0]


def test_a_head_that_knows_nothing() -> None:
    tie = compare((CALIBRATED, CONSTANT), (0.51, 0.5), 0.01, "auc")
    worse = compare((CALIBRATED, REPEAT), (1.2, 0.4), 0.01, "log_loss")
    assert messages(report(heads=(head(tie, worse),))) == {
        "head_no_better_than_trivial": [
            "the head like is no better than the trivial predictor 'constant': auc 0.5100 against 0.5000",
            "the head like is worse than the trivial predictor 'repeat last': log_loss 1.2000 against 0.4000",
        ]
    }


def test_calibration_that_made_a_head_worse() -> None:
    worse = compare((CALIBRATED, RAW), (0.63, 0.62), 0.001, "log_loss")
    by_chance = compare((CALIBRATED, RAW), (0.63, 0.62), 0.01, "log_loss")
    assert messages(report(heads=(head(worse), head(by_chance)))) == {
        "calibration_made_worse": [
            "calibration made the head like worse than uncalibrated: log_loss 0.6300 against 0.6200"
        ]
    }


@pytest.mark.parametrize(
    ("changes", "figure"),
    [
        ({"heads": (head(after={"auc": 0.995}),)}, "AUC on the test part is 0.9950"),
        ({"valid_figures": {"like": {"auc": 0.9901}}}, "AUC on the validation part is 0.9901"),
        ({"valid_figures": {"like": {"micro_auc": 1.0}}}, "AUC on the validation part is 1.0000"),
        (
            {"heads": (head(after={"rmse": 0.09}, trivial={CONSTANT: {"rmse": 1.0}}),)},
            "RMSE on the test part is 0.0900",
        ),
    ],
)
def test_a_head_that_predicts_almost_perfectly_is_a_likely_leak(changes, figure: str) -> None:
    (message,) = messages(report(**changes))["likely_leak"]
    assert f"the head like is likely a leak: its {figure};" in message


def test_a_leak_is_reported_once() -> None:
    given = report(heads=(head(after={"auc": 1.0}),), valid_figures={"like": {"auc": 1.0}})
    assert [message.count("validation") for message in messages(given)["likely_leak"]] == [1]


def test_figures_that_are_high_and_earned_are_no_leak() -> None:
    number = head(after={"rmse": 0.2}, trivial={CONSTANT: {"rmse": 1.0}})
    given = report(heads=(head(after={"auc": 0.99}), number), valid_figures={"like": {"auc": math.nan}})
    assert "likely_leak" not in messages(given)


def test_warnings_are_kept_in_the_report_and_found_anew() -> None:
    given = add_warnings(report(training_cuts=("cut",)))
    assert [warning.message for warning in given.warnings] == ["cut"]
    assert add_warnings(given).warnings == given.warnings
    assert Report.model_validate_json(given.model_dump_json()) == given
    assert {warning.rule for warning in given.warnings} <= WARNING_RULES.keys()
