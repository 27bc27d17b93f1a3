"""Figures of predictions, by hand and against their definitions."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.evaluation.metrics.calibration import expected_calibration_error, reliability
from models.evaluation.metrics.prediction import (
    accuracy,
    auc,
    class_accuracy,
    class_calibration_error,
    class_log_loss,
    f1,
    log_loss,
    macro,
    mae,
    pr_auc,
    precision,
    recall,
    rmse,
)


def test_auc_counts_pairs_and_half_of_ties() -> None:
    # positives .4 and .8, negatives .4 and .1: pairs won 0.5 + 1 + 1 + 1 of 4
    assert auc(np.array([0.1, 0.4, 0.4, 0.8]), np.array([0, 0, 1, 1])) == pytest.approx(3.5 / 4)
    assert auc(np.full(5, 0.3), np.array([0, 1, 0, 1, 1])) == 0.5
    assert math.isnan(auc(np.array([0.1, 0.2]), np.array([1, 1])))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=20))
def test_auc_is_the_share_of_pairs(rows) -> None:
    scores, labels = np.array([row[0] for row in rows]) / 4, np.array([row[1] for row in rows], dtype=float)
    won = [(p > n) + 0.5 * (p == n) for p in scores[labels == 1] for n in scores[labels == 0]]
    found = auc(scores, labels)
    assert found == pytest.approx(np.mean(won)) if won else math.isnan(found)


def test_log_loss_is_finite_for_a_sure_mistake() -> None:
    assert log_loss(np.array([0.5, 0.25]), np.array([1, 0])) == pytest.approx(
        -(math.log(0.5) + math.log(0.75)) / 2
    )
    assert 15 < log_loss(np.array([0.0], dtype=np.float32), np.array([1.0])) < 17
    assert log_loss(np.array([1.0], dtype=np.float32), np.array([1.0])) == pytest.approx(0, abs=1e-6)


def test_calibration_error_is_weighted_by_the_bins_counts() -> None:
    p = np.array([0.1, 0.1, 0.1, 0.9])
    y = np.array([0.0, 0.0, 1.0, 1.0])
    # 3 of 4 are off by |0.1 - 1/3|, 1 of 4 by 0.1
    assert expected_calibration_error(p, y) == pytest.approx(0.75 * (1 / 3 - 0.1) + 0.25 * 0.1)
    assert expected_calibration_error(np.array([0.0, 1.0]), np.array([0.0, 1.0])) == 0


def test_reliability_bins_hold_every_prediction_once() -> None:
    p = np.linspace(0, 1, 101)
    table = reliability(p, (p > 0.5).astype(float), bins=10)
    assert [row.count for row in table] == [10] * 9 + [11]
    assert all(row.low - 1e-9 <= row.predicted <= row.high + 1e-9 for row in table)
    assert [row.observed for row in table][:5] == [0] * 5
    assert reliability(np.zeros(0), np.zeros(0)) == ()


@pytest.mark.parametrize("p", [1.5, -0.1, math.nan])
def test_what_is_no_probability_is_refused(p) -> None:
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        reliability(np.array([p]), np.array([1.0]))


def test_figures_at_a_half() -> None:
    p, y = np.array([0.5, 0.9, 0.2, 0.4]), np.array([1, 0, 1, 0])
    assert [metric(p, y) for metric in (accuracy, precision, recall, f1)] == [0.5] * 4
    nothing, negative = np.array([0.1]), np.array([0])
    assert accuracy(nothing, negative) == 1
    assert all(math.isnan(metric(nothing, negative)) for metric in (precision, recall, f1))


def test_regression() -> None:
    predicted, targets = np.array([[1.0], [5.0]]), np.array([[4.0], [5.0]])
    assert rmse(predicted, targets) == pytest.approx(math.sqrt(4.5))
    assert mae(predicted, targets) == 1.5


def test_multilabel_macro_leaves_out_what_is_undefined() -> None:
    p = np.array([[0.9, 0.2, 0.1], [0.1, 0.6, 0.2]])
    y = np.array([[1, 0, 0], [0, 0, 0]])
    assert macro(auc)(p, y) == 1  # the other two labels have one class only
    assert precision(p, y) == 0.5
    assert auc(p, y) == 1
    assert macro(precision)(p, y) == 0.5  # 1 for the first, 0 for the second, undefined for the third


def test_context() -> None:
    p = np.array([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1]])
    y = np.array([[1, 0, 0], [0, 1, 0]])
    assert class_accuracy(p, y) == 0.5
    assert class_log_loss(p, y) == pytest.approx(-(math.log(0.7) + math.log(0.4)) / 2)
    assert class_calibration_error(p, y) == pytest.approx((0.3 + 0.5) / 2)


def test_pr_auc_weighs_the_precision_at_each_threshold_by_the_gain_in_recall() -> None:
    # thresholds .9: 1 of 1 true; .7: 1 of 2; .5, two rows: 2 of 4; .1: 3 of 5; each true row gains a third of recall
    scores, labels = np.array([0.9, 0.7, 0.5, 0.5, 0.1]), np.array([1, 0, 1, 0, 1])
    assert pr_auc(scores, labels) == pytest.approx((1 + 2 / 4 + 3 / 5) / 3)
    assert (
        pr_auc(np.full(8, 0.3), np.array([0, 0, 0, 0, 0, 0, 1, 0])) == 1 / 8
    )  # no information: the base rate
    assert pr_auc(np.array([0.9, 0.1]), np.array([1, 0])) == 1
    assert math.isnan(pr_auc(np.array([0.9, 0.1]), np.zeros(2)))
