"""A trained network with the calibrations, the fusion and the diversity that were fitted on validation."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.contract.bundle import DefaultDiversity
from models.contract.calibration import Calibration
from models.contract.fusion import Fusion
from models.evaluation.inference import CorpusPredictor


@dataclass(frozen=True, slots=True)
class CalibratedModel:
    """A network over the corpus, with the calibrations, the fusion and the diversity that were fitted on validation."""

    predictor: CorpusPredictor
    calibrations: Mapping[str, Calibration]
    fusion: Fusion
    diversity: DefaultDiversity
