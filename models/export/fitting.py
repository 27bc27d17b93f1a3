"""Everything fitted on the validation split after training: the recency gain, calibrations, fusion."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.contract.calibration import Calibration
from models.contract.fusion import Fusion, FusionMethod
from models.contract.tasks import NEXT
from models.evaluation.candidates import EventLogits, predict_events, score_candidates
from models.evaluation.inference import CorpusPredictor, take_evenly
from models.evaluation.protocols import RankingCase
from models.export.calibration import calibrate
from models.export.fusion import Judged, fit_fusion
from models.export.popularity import fit_recency_gain
from models.heads.next import fit_next_calibration
from models.training.corpus import PART_VALID

MOST_EVENTS = 10_000
MOST_LISTS = 1_000
MOST_CELLS = 4_000_000
"""Logits of `next` held at once for its temperature."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was fitted on validation."""

    recency: Mapping[float, float]  # gain -> NDCG@10
    calibrations: Mapping[str, Calibration]
    fusion: Fusion


def fit_on_validation(
    predictor: CorpusPredictor, rows: np.ndarray, case: RankingCase, method: FusionMethod
) -> Fitted:
    """Fit on the validation lists of a case, which begin at the moments `rows` [C], and on validation's events."""
    if len(case) > MOST_LISTS:
        chosen = take_evenly(np.arange(len(case)), MOST_LISTS)
        rows = rows[chosen]
        case = case.take(chosen)
    recency = fit_recency_gain(predictor, rows, case)
    events = take_evenly(np.flatnonzero(predictor.corpus.part == PART_VALID), MOST_EVENTS)
    calibrations = calibrate_heads(predictor, predict_events(predictor, events))
    calibrations[NEXT] = next_temperature(predictor, events)
    lists = score_candidates(predictor, rows, case, calibrations)
    relevant = np.zeros(lists.items.shape, dtype=np.bool_)
    for number, items in enumerate(lists.items):
        relevant[number] = np.isin(items, case.relevant[[number]].indices)
    judged = Judged(lists.values, relevant, lists.items >= 0, np.diff(case.relevant.indptr).astype(np.int64))
    return Fitted(recency, calibrations, fit_fusion(judged, method))


def calibrate_heads(predictor: CorpusPredictor, events: EventLogits) -> dict[str, Calibration]:
    """Every task head's calibration on observed events."""
    calibrations = {}
    for labels in predictor.corpus.labels:
        rows = np.flatnonzero(labels.known_at(events.rows))
        logits = events.heads[labels.head.task.name][rows]
        targets = labels.targets_at(events.rows[rows])
        calibrations[labels.head.task.name] = calibrate(labels.head, logits, targets)
    return calibrations


def next_temperature(predictor: CorpusPredictor, events: np.ndarray) -> Calibration:
    """The temperature of the softmax over the catalogue, on the items that came."""
    rows = take_evenly(events, max(MOST_CELLS // len(predictor.vectors), 1))
    logits = [predictor.next_logits(moments) for moments in predictor.encode_moments(rows)]
    whole = np.concatenate([np.zeros((0, len(predictor.vectors)), np.float32), *logits])
    return fit_next_calibration(whole, predictor.corpus.items[rows].astype(np.int64))
