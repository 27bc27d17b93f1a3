"""Figures of predictions, by hand and against their definitions."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contract.tasks import TaskKind
from models.evaluation.metrics.calibration import expected_calibration_error, reliability
from models.evaluation.metrics.prediction import auc, confusion_figures, head_figures, log_loss


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
    found = confusion_figures(np.array([0.5, 0.9, 0.2, 0.4]), np.array([1, 0, 1, 0]))
    assert found == {"accuracy": 0.5, "precision": 0.5, "recall": 0.5, "f1": 0.5}
    nothing = confusion_figures(np.array([0.1]), np.array([0]))
    assert nothing["accuracy"] == 1
    assert all(math.isnan(nothing[name]) for name in ("precision", "recall", "f1"))


def test_regression() -> None:
    found = head_figures(TaskKind.REGRESSION, np.array([[1.0], [5.0]]), np.array([4.0, 5.0]))
    assert found.count == 2
    assert found.figures == pytest.approx({"rmse": math.sqrt(4.5), "mae": 1.5})


def test_multilabel_macro_leaves_out_what_is_undefined() -> None:
    p = np.array([[0.9, 0.2, 0.1], [0.1, 0.6, 0.2]])
    y = np.array([[1, 0, 0], [0, 0, 0]])
    found = head_figures(TaskKind.MULTILABEL, p, y).figures
    assert found["macro_auc"] == 1  # the other two labels have one class only
    assert found["micro_precision"] == 0.5
    assert found["micro_auc"] == 1
    assert found["macro_precision"] == 0.5  # 1 for the first, 0 for the second, undefined for the third


def test_context() -> None:
    p = np.array([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1]])
    found = head_figures(TaskKind.CONTEXT, p, np.array([0, 1])).figures
    assert found["accuracy"] == 0.5
    assert found["log_loss"] == pytest.approx(-(math.log(0.7) + math.log(0.4)) / 2)
    assert found["ece"] == pytest.approx((0.3 + 0.5) / 2)


@pytest.mark.parametrize("kind", list(TaskKind))
def test_no_rows_give_undefined_figures_and_never_an_error(kind) -> None:
    width = 3 if kind in (TaskKind.MULTILABEL, TaskKind.CONTEXT) else 1
    labels = np.zeros((0, 3)) if kind is TaskKind.MULTILABEL else np.zeros(0)
    found = head_figures(kind, np.zeros((0, width), np.float32), labels)
    assert found.count == 0
    assert all(math.isnan(value) for value in found.figures.values())


@pytest.mark.parametrize("kind", list(TaskKind))
def test_labels_of_another_shape_are_refused(kind) -> None:
    with pytest.raises(ValueError, match="expected"):
        head_figures(kind, np.full((2, 2), 0.5), np.zeros((3, 3)))
