"""The fits on the validation split after training: recency gains, item links, calibrations, fusion, diversity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from models.contract.arrays import Indices
from models.contract.calibration import Calibration
from models.contract.catalogue import Item
from models.contract.even_sample import take_evenly
from models.contract.features import item_text
from models.contract.fusion import Fusion, FusionMethod
from models.contract.item_links import FittedLinks
from models.contract.recency import RecencyGains
from models.contract.tasks import NEXT
from models.evaluation.candidates import (
    CandidateValues,
    EvaluationLists,
    EventLogits,
    ServedItems,
    predict_events,
    score_candidates,
)
from models.evaluation.inference import CorpusPredictor
from models.evaluation.metrics.graded_ndcg import ideal_gains, read_gains
from models.evaluation.metrics.prediction_registry import measure_predictions
from models.export.calibration import calibrate
from models.export.diversity import DiversityFit, fit_diversity
from models.export.fusion import K, ValidationLists, Worth, fit_fusion, join_lists
from models.export.links import LinkFit, fit_links
from models.export.recency import fit_recency
from models.heads.next import fit_next_calibration
from models.heads.registry import find_kind
from models.ranking.budget import CANDIDATES, Budget
from models.training.bundle_statistics import find_stops
from models.training.corpus import PART_VALID, Corpus

MAX_EVENTS = 10_000
MAX_LISTS = 3_000
MAX_CELLS = 4_000_000
"""The most `next` logits held in memory to fit its temperature."""


class ValidationSamples(NamedTuple):
    """The lists to fit on."""

    at_cut: EvaluationLists
    next_events: EvaluationLists


class FusionAim(NamedTuple):
    """How the heads are fused, and for what."""

    fusion: FusionMethod
    objective: Mapping[str, float]  # head -> what its outcome is worth


@dataclass(frozen=True, slots=True)
class ValidationFit:
    """The results of the fits on the validation split."""

    recency: RecencyGains
    calibrations: Mapping[str, Calibration]
    fusion: Fusion
    figures: Mapping[str, Mapping[str, float]]  # task head -> its figures on validation, calibrated there
    diversity: DiversityFit  # the service's default
    links: LinkFit | None = None  # None: no links

    def build_links(self, corpus: Corpus, part: int) -> FittedLinks | None:
        """The links of all events before a part (models.training.corpus.PART_*), with the fitted gains."""
        return None if self.links is None else self.links.build(corpus, part)


def fit_on_validation(
    predictor: CorpusPredictor,
    lists: ValidationSamples,
    items: Sequence[Item],
    aim: FusionAim,
    links_wanted: bool,
) -> ValidationFit:
    """Fit recency gains, links, fusion and diversity on lists of validation, calibrations on validation events.

    The recency gains are fitted again beside links.
    """
    samples = tuple(sample.take_evenly(MAX_LISTS) for sample in lists)
    predictor = replace(predictor, recency=fit_recency(predictor, samples))
    events = take_evenly(np.flatnonzero(predictor.corpus.part == PART_VALID), MAX_EVENTS)
    observed = predict_events(predictor, events)
    calibrations = calibrate_heads(predictor, observed)
    figures = measure_heads(predictor, observed, calibrations)
    links = None
    if links_wanted:  # from here on, as the task heads do not read them
        stops = find_stops(predictor.corpus, PART_VALID)
        texts = [item_text(predictor.corpus.spec, item) for item in items]
        links, fitted = fit_links(predictor, samples, stops, texts)
        if fitted is not None:
            predictor = replace(predictor, links=fitted)  # links make the logits' range wider
            predictor = replace(predictor, recency=fit_recency(predictor, samples))
    calibrations[NEXT] = fit_next_temperature(predictor, events)
    served = ServedItems.of(predictor, items, PART_VALID)
    scored = [
        score_candidates(predictor, sample, served, calibrations, Budget(CANDIDATES)) for sample in samples
    ]
    judged = [judge_candidates(sample, one) for sample, one in zip(samples, scored, strict=True)]
    fusion = fit_fusion(join_lists(judged), aim.fusion, price_outcomes(predictor.corpus, aim.objective))
    diversity = fit_diversity(scored, judged, served, fusion)
    return ValidationFit(predictor.recency, calibrations, fusion, figures, diversity, links)


def judge_candidates(lists: EvaluationLists, scored: CandidateValues) -> ValidationLists:
    """The candidates of lists with what each is worth."""
    gains = read_gains(lists.gains, scored.items)
    outcomes = {head: read_gains(table, scored.items) for head, table in lists.outcomes.items()}
    return ValidationLists(scored.values, gains, scored.items >= 0, ideal_gains(lists.gains, K), outcomes)


def price_outcomes(corpus: Corpus, objective: Mapping[str, float]) -> dict[str, Worth]:
    """Head -> what its outcome is worth, with the range of its values; see models.recipe.objective."""
    ranges = {labels.head.task.name: labels.head.task.range or (0.0, 1.0) for labels in corpus.labels}
    return {head: Worth(weight, *ranges.get(head, (0.0, 1.0))) for head, weight in objective.items()}


def calibrate_heads(predictor: CorpusPredictor, events: EventLogits) -> dict[str, Calibration]:
    """Fit the calibration of every task head on observed events."""
    calibrations = {}
    for labels in predictor.corpus.labels:
        rows = np.flatnonzero(labels.has_target(events.rows))
        logits = events.heads[labels.head.task.name][rows]
        targets = labels.targets_at(events.rows[rows])
        calibrations[labels.head.task.name] = calibrate(labels.head, logits, targets)
    return calibrations


def measure_heads(
    predictor: CorpusPredictor, events: EventLogits, calibrations: Mapping[str, Calibration]
) -> dict[str, dict[str, float]]:
    """Every task head's figures on observed events that the network has not learned from."""
    figures = {}
    for labels in predictor.corpus.labels:
        task, rows = labels.head.task, np.flatnonzero(labels.has_target(events.rows))
        kind, targets = find_kind(task.kind), labels.targets_at(events.rows[rows])
        predicted = kind.predict(task, events.heads[task.name][rows], calibrations[task.name])
        figures[task.name] = measure_predictions(kind.metrics, predicted, targets)
    return figures


def fit_next_temperature(predictor: CorpusPredictor, events: Indices) -> Calibration:
    """Fit the temperature of the softmax over the catalogue on the next items of events (corpus rows [n]).

    The logits are those of the network alone. Pushes away from rejected items say what to show, not what happens
    next: a log has such events all the same, and they would flatten the whole softmax.
    """
    events = events[predictor.corpus.weights[events] > 0]  # of what was not taken nothing follows
    rows = take_evenly(events, max(MAX_CELLS // len(predictor.vectors), 1))
    logits = [predictor.next_logits(moments.without_push()) for moments in predictor.encode_moments(rows)]
    catalogue_logits = np.concatenate([np.zeros((0, len(predictor.vectors)), np.float32), *logits])
    return fit_next_calibration(catalogue_logits, predictor.corpus.items[rows].astype(np.int64))
