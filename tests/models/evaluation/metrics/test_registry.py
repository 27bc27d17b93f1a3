"""The registered metrics: what each head kind names exists, and none breaks on odd input."""

import math
import re

import numpy as np
import pytest

from models.evaluation.metrics.prediction_registry import PREDICTION_METRICS, measure_predictions
from models.evaluation.metrics.registry import LIST_METRICS
from models.heads.registry import HEAD_KINDS


@pytest.mark.parametrize("kind", HEAD_KINDS.values(), ids=list(HEAD_KINDS))
def test_a_kind_names_registered_metrics(kind) -> None:
    assert set(kind.metrics.values()) <= PREDICTION_METRICS.keys()
    assert kind.main_metric in kind.metrics


def test_the_figures_of_each_kind() -> None:
    labels = ["auc", "pr_auc", "log_loss", "ece", "accuracy", "precision", "recall", "f1"]
    assert {name: list(kind.metrics) for name, kind in HEAD_KINDS.items()} == {
        "binary": labels,
        "regression": ["rmse", "mae"],
        "multilabel": [f"{average}_{figure}" for average in ("micro", "macro") for figure in labels],
        "context": ["accuracy", "log_loss", "ece"],
    }


def test_figures_keep_their_names_and_order() -> None:
    p, y = np.array([[0.7, 0.3], [0.4, 0.6]]), np.array([[1, 0], [1, 0]])
    found = measure_predictions({"hits": "class_accuracy", "auc": "auc"}, p, y)
    assert list(found.items()) == [("hits", 0.5), ("auc", 0.75)]  # pairs won: .7 > .3, .7 > .6, .4 > .3


@pytest.mark.parametrize("name", list(PREDICTION_METRICS))
def test_no_rows_give_an_undefined_figure_and_never_an_error(name: str) -> None:
    assert math.isnan(PREDICTION_METRICS[name].compute(np.zeros((0, 3), np.float32), np.zeros((0, 3))))


@pytest.mark.parametrize("name", list(PREDICTION_METRICS))
def test_targets_of_another_shape_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        PREDICTION_METRICS[name].compute(np.full((2, 2), 0.5), np.zeros((3, 3)))


@pytest.mark.parametrize("registry", [LIST_METRICS, PREDICTION_METRICS], ids=["lists", "predictions"])
def test_every_metric_is_defined_in_one_sentence_with_its_source(registry) -> None:
    for name, metric in registry.items():
        assert re.fullmatch(r"[A-Z1].*\([^()]*\b(19|20)\d\d\b[^()]*\)\.", metric.definition), name


def test_figures_that_follow_from_hits_are_those_of_accuracy() -> None:
    names = {name for name, metric in LIST_METRICS.items() if metric.of_hits}
    assert names == {"ndcg", "hit_rate", "recall", "precision", "mrr", "map"}
