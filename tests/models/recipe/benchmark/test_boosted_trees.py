"""Boosted trees: they find what a feature tells, and are left out without their package."""

import sys

import numpy as np
import pytest

from models.evaluation.baselines.protocol import BaselineRefusedError
from models.evaluation.metrics.prediction import auc
from models.recipe.benchmark.boosted_trees import FeatureTable, choose_size, predict_by_trees


def make_table() -> tuple[FeatureTable, np.ndarray]:
    """A category whose odd codes have the label, beside noise."""
    random = np.random.default_rng(0)
    codes = random.integers(4, size=900)
    return FeatureTable(np.stack([codes, random.random(900)], axis=1), (0,)), (codes % 2).astype(np.float32)


def test_trees_read_categories() -> None:
    pytest.importorskip("lightgbm")
    table, labels = make_table()
    train, valid, test = np.split(np.arange(900), [400, 600])
    size = choose_size(table, labels, train, valid, 0)
    assert size.leaves in {7, 15, 31} and size.rounds >= 1
    found = predict_by_trees(table, labels, train, test, size, 0)
    assert auc(found, labels[test]) == 1.0
    np.testing.assert_array_equal(found, predict_by_trees(table, labels, train, test, size, 0))


def test_without_the_package_they_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    table, labels = make_table()
    with pytest.raises(BaselineRefusedError, match="it needs the package lightgbm"):
        choose_size(table, labels, np.arange(400), np.arange(400, 900), 0)
