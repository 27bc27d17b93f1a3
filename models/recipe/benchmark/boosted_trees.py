"""Boosted trees by LightGBM (Ke et al. 2017) on the features of the network and smoothed rates of the past."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.contract.arrays import Doubles, Floats, Indices
from models.evaluation.baselines.protocol import BaselineRefusedError
from models.evaluation.metrics.prediction import log_loss

LEAVES = (7, 15, 31)
"""The sizes of a tree to choose from."""
MOST_ROUNDS, PATIENCE = 1_000, 50
PARAMETERS = {
    "objective": "cross_entropy",
    "metric": "cross_entropy",
    "learning_rate": 0.03,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "cat_smooth": 50.0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
ABSENT = "it needs the package lightgbm: install Chorus with its 'benchmark' extra"


@dataclass(frozen=True, slots=True)
class TreeSize:
    """The settings chosen on validation: leaves of a tree, and the number of trees."""

    leaves: int
    rounds: int


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """Features [n, F] with the columns that are categories, as codes from 0; nan for none."""

    values: Doubles
    categories: tuple[int, ...]


def choose_size(table: FeatureTable, labels: Floats, train: Indices, valid: Indices, seed: int) -> TreeSize:
    """The leaves and the trees with the least log loss on the rows `valid`; raises BaselineRefusedError."""
    trees = _import_package()
    best: tuple[float, TreeSize] | None = None
    for leaves in LEAVES:
        dataset = _wrap(trees, table, labels, train)
        held_out = trees.Dataset(table.values[valid], labels[valid], reference=dataset)
        stop = trees.early_stopping(PATIENCE, verbose=False)
        model = trees.train(
            _configure(leaves, seed), dataset, MOST_ROUNDS, valid_sets=[held_out], callbacks=[stop]
        )
        loss = log_loss(np.asarray(model.predict(table.values[valid])), labels[valid])
        if best is None or loss < best[0]:
            best = loss, TreeSize(leaves, int(model.best_iteration))
    if best is None:
        raise ValueError("expected a size of tree to choose from, given none")
    return best[1]


def predict_by_trees(
    table: FeatureTable, labels: Floats, learned: Indices, asked: Indices, size: TreeSize, seed: int
) -> Floats:
    """Log-odds of the rows `asked` by trees fitted on the rows `learned`; raises BaselineRefusedError."""
    trees = _import_package()
    model = trees.train(_configure(size.leaves, seed), _wrap(trees, table, labels, learned), size.rounds)
    return np.asarray(model.predict(table.values[asked], raw_score=True), dtype=np.float32)


def _import_package() -> Any:
    try:
        import lightgbm
    except ModuleNotFoundError as error:
        raise BaselineRefusedError(ABSENT) from error
    return lightgbm


def _wrap(trees: Any, table: FeatureTable, labels: Floats, rows: Indices) -> Any:
    return trees.Dataset(table.values[rows], labels[rows], categorical_feature=list(table.categories))


def _configure(leaves: int, seed: int) -> dict[str, Any]:
    return PARAMETERS | {"num_leaves": leaves, "seed": seed}
