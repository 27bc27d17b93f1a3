"""The methods beside networks in the task benchmark: settings by validation, then fitted on all before the test."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Floats, Indices
from models.contract.calibration import sigmoid
from models.heads.scaling import fit_platt
from models.recipe.benchmark.boosted_trees import FeatureTable, TreeSize, choose_size, predict_by_trees
from models.recipe.benchmark.exposures import Exposures
from models.recipe.benchmark.smoothed_rates import PastRates, choose_strengths
from models.training.corpus import PART_TEST, PART_TRAIN, PART_VALID

TREE_SEED = 0
"""The seed of the trees by which their size is chosen."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """A head's probabilities [n] of the test exposures, and the settings that were chosen."""

    settings: str
    probabilities: Floats


def predict_by_rates(exposures: Exposures, rates: Mapping[str, PastRates]) -> dict[str, Predicted]:
    """Every head by the smoothed rates of video, user and surface."""
    valid, test = exposures.part == PART_VALID, exposures.part == PART_TEST
    predicted = {}
    for head, own in rates.items():
        strengths = choose_strengths(own, exposures.targets[head], valid)
        logits = own.combine(strengths).astype(np.float32)
        settings = ", ".join(f"{key} {strength:g}" for key, strength in strengths.items())
        calibrated = calibrate_logits(logits[valid], exposures.targets[head][valid], logits[test])
        predicted[head] = Predicted(settings, calibrated)
    return predicted


@dataclass(frozen=True, slots=True)
class Trees:
    """Boosted trees over the exposures, with the size chosen for each head."""

    table: FeatureTable
    exposures: Exposures
    sizes: Mapping[str, TreeSize]

    @staticmethod
    def of(table: FeatureTable, exposures: Exposures) -> "Trees":
        """Choose the size of each head's trees on validation; raises BaselineRefusedError without the package."""
        train, valid, _ = list_parts(exposures)
        sizes = {
            head: choose_size(table, labels, train, valid, TREE_SEED)
            for head, labels in exposures.targets.items()
        }
        return Trees(table, exposures, sizes)

    def predict(self, seed: int) -> dict[str, Predicted]:
        """Every head with a seed: calibrated on validation, then fitted on the validation part too."""
        train, valid, test = list_parts(self.exposures)
        learned, predicted = np.concatenate([train, valid]), {}
        for head, size in self.sizes.items():
            labels = self.exposures.targets[head]
            before = predict_by_trees(self.table, labels, train, valid, size, seed)
            logits = predict_by_trees(self.table, labels, learned, test, size, seed)
            settings = f"{size.leaves} leaves, {size.rounds} trees"
            predicted[head] = Predicted(settings, calibrate_logits(before, labels[valid], logits))
        return predicted


def list_parts(exposures: Exposures) -> tuple[Indices, Indices, Indices]:
    """Rows of training, validation and test."""
    train, valid, test = (
        np.flatnonzero(exposures.part == part) for part in (PART_TRAIN, PART_VALID, PART_TEST)
    )
    return train, valid, test


def calibrate_logits(valid: Floats, labels: Floats, test: Floats) -> Floats:
    """Probabilities of test logits by Platt scaling on validation logits and labels, as for the network's heads."""
    calibration = fit_platt(valid[:, None], labels[:, None])
    return sigmoid(calibration.scale * test + calibration.shift)
