"""Measure the heads on the test events: raw and calibrated, next to trivial predictors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Floats, Indices
from models.contract.even_sample import take_evenly
from models.data.labels import TaskLabels
from models.evaluation.calibrated_model import CalibratedModel
from models.evaluation.candidates import predict_events
from models.evaluation.metrics.calibration import reliability
from models.evaluation.metrics.prediction_registry import (
    PREDICTION_METRICS,
    PredictionMetric,
    measure_predictions,
)
from models.evaluation.report.figure import Comparison
from models.evaluation.report.schema import CALIBRATED, RAW, HeadReport, ReliabilityRow
from models.evaluation.sampling_error import block_error
from models.evaluation.trivial_predictors import predict_trivially
from models.heads.protocol import HeadKind
from models.heads.registry import find_kind
from models.training.corpus import PART_TEST


@dataclass(frozen=True, slots=True)
class Measured:
    """The predictions of a head and of its trivial predictors for n events with a target."""

    kind: HeadKind
    targets: Floats  # [n, width]
    predictions: Mapping[str, Floats]  # name -> [n, width]; RAW and CALIBRATED are the head's


def evaluate_heads(model: CalibratedModel, most: int) -> tuple[HeadReport, ...]:
    """Figures of every head on the test events, each predicted from the events before it; at most `most` events."""
    corpus = model.predictor.corpus
    events = np.flatnonzero(corpus.part == PART_TEST)
    rows = take_evenly(events, most)
    if not len(rows):
        return ()
    logits = predict_events(model.predictor, rows).heads
    return tuple(
        _report_head(model, labels, events, rows, logits[labels.head.task.name]) for labels in corpus.labels
    )


def compare_predictions(measured: Measured) -> Iterator[Comparison]:
    """Yield the calibrated head next to each trivial predictor in each decisive figure, and to itself before
    calibration in the decisive figures that calibration may change.
    """
    for figure, name in measured.kind.metrics.items():
        metric = PREDICTION_METRICS[name]
        if not metric.decisive:
            continue
        for other in measured.predictions:
            if other != CALIBRATED and (other != RAW or metric.lower_is_better):
                yield _compare(measured, figure, metric, other)


def _report_head(
    model: CalibratedModel, labels: TaskLabels, events: Indices, rows: Indices, logits: Floats
) -> HeadReport:
    """One head's figures over the sample `rows` [n] of the test events; logits [n, width]."""
    task, labelled = labels.head.task, np.flatnonzero(labels.has_target(rows))
    kind, logits, rows = find_kind(task.kind), logits[labelled], rows[labelled]
    measured = Measured(
        kind,
        labels.targets_at(rows),
        {
            RAW: kind.predict(task, logits, kind.raw_calibration(task)),
            CALIBRATED: kind.predict(task, logits, model.calibrations[task.name]),
            **predict_trivially(model.predictor.corpus, labels, rows),
        },
    )
    figures = {
        name: measure_predictions(kind.metrics, predicted, measured.targets)
        for name, predicted in measured.predictions.items()
    }
    calibrated, targets = measured.predictions[CALIBRATED], measured.targets
    bins = reliability(calibrated[:, 0], targets[:, 0]) if kind.reliability else ()
    return HeadReport(
        name=task.name,
        kind=task.kind,
        count=len(rows),
        all_count=int(labels.has_target(events).sum()),
        before=figures.pop(RAW),
        after=figures.pop(CALIBRATED),
        reliability=tuple(ReliabilityRow.of(row) for row in bins),
        trivial=figures,
        comparisons=tuple(compare_predictions(measured)),
    )


def _compare(measured: Measured, figure: str, metric: PredictionMetric, other: str) -> Comparison:
    """The calibrated head next to another prediction in one figure."""
    mine, theirs, targets = measured.predictions[CALIBRATED], measured.predictions[other], measured.targets
    sign = -1.0 if metric.lower_is_better else 1.0

    def advantage(rows: slice) -> float:
        return sign * (
            metric.compute(mine[rows], targets[rows]) - metric.compute(theirs[rows], targets[rows])
        )

    return Comparison(
        method=CALIBRATED,
        other=other,
        figure=figure,
        value=metric.compute(mine, targets),
        other_value=metric.compute(theirs, targets),
        advantage=advantage(slice(None)),
        standard_error=block_error(advantage, len(targets)),
    )
