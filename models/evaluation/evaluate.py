"""Evaluate the network and the baselines on the test part: the tables of the report."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats, Indices
from models.contract.calibration import Calibration
from models.contract.feature_spec import FieldKind
from models.contract.fusion import Fusion
from models.data.dataset import Dataset
from models.data.labels import TaskLabels
from models.evaluation.baselines.selection import FittedBaseline
from models.evaluation.candidates import EvaluationLists, ServedItems, predict_events, score_candidates
from models.evaluation.full_ranking import K, evaluate_lists, rank_lists
from models.evaluation.inference import CorpusPredictor, take_evenly
from models.evaluation.metrics.calibration import reliability
from models.evaluation.metrics.lists import ItemFacts
from models.evaluation.metrics.registry import measure_predictions
from models.evaluation.protocols import InteractionSet
from models.evaluation.report.schema import (
    MODEL,
    SERVED,
    HeadReport,
    RankingRow,
    RankingTable,
    ReliabilityRow,
)
from models.evaluation.served_lists import DEFAULT, PURE_ORDER, plan_budget, rank_candidates
from models.heads.registry import find_kind
from models.training.corpus import PART_TEST

MOST_LISTS = 3_000
"""Lists of a ranking protocol; more are sampled evenly."""
MOST_EVENTS = 20_000
"""Test events on which the heads are evaluated; more are sampled evenly."""


@dataclass(frozen=True, slots=True)
class CalibratedModel:
    """A network over the corpus, with the calibrations and the fusion that were fitted on validation."""

    predictor: CorpusPredictor
    calibrations: Mapping[str, Calibration]
    fusion: Fusion


def evaluate_ranking(
    model: CalibratedModel,
    items: ServedItems,
    baselines: tuple[FittedBaseline, ...],
    lists: EvaluationLists,
    facts: ItemFacts,
) -> RankingTable:
    """Figures of the network by score alone, of the lists that the service answers by default, and of the baselines."""
    case = lists.case
    if not len(case):
        return RankingTable(lists=0)
    budget, weights = plan_budget(model.fusion), _format_weights(model.fusion)
    candidates = score_candidates(model.predictor, lists, items, model.calibrations, budget)
    pure = rank_candidates(candidates, items, model.fusion, PURE_ORDER, K)
    served = rank_candidates(candidates, items, model.fusion, DEFAULT, K)
    rows = [
        RankingRow(name=MODEL, settings=weights, figures=evaluate_lists(pure, case, facts)),
        RankingRow(
            name=SERVED,
            settings=f"{DEFAULT.method} {DEFAULT.strength:g}",
            figures=evaluate_lists(served, case, facts),
        ),
    ]
    for baseline in baselines:
        figures = evaluate_lists(rank_lists(baseline.list_scorer(case), case), case, facts)
        rows.append(RankingRow(name=baseline.name, settings=baseline.settings, figures=figures))
    return RankingTable(lists=len(case), rows=tuple(rows))


def evaluate_heads(model: CalibratedModel) -> tuple[HeadReport, ...]:
    """Figures of every head on the test events, each predicted from the events before it; raw and calibrated."""
    corpus = model.predictor.corpus
    rows = take_evenly(np.flatnonzero(corpus.part == PART_TEST), MOST_EVENTS)
    if not len(rows):
        return ()
    logits = predict_events(model.predictor, rows).heads
    return tuple(
        _evaluate_head(labels, rows, logits[labels.head.task.name], model.calibrations[labels.head.task.name])
        for labels in corpus.labels
    )


def collect_item_facts(dataset: Dataset, before: InteractionSet, vectors: Floats) -> ItemFacts:
    """The facts for the diversity metrics: popularity before the test, content vectors, category labels."""
    labels: dict[str, int] = {}
    rows: list[int] = []
    columns: list[int] = []
    for row, item in enumerate(dataset.items):
        for name, value in item.attributes.items():
            for label in value if isinstance(value, tuple) else ():
                rows.append(row)
                columns.append(labels.setdefault(f"{name}={label}", len(labels)))
    ones = np.ones(len(rows), dtype=np.bool_)
    attributes = sparse.csr_array(
        (ones, (rows, columns)), shape=(len(dataset.items), len(labels)), dtype=np.bool_
    )
    return ItemFacts(popularity=before.popularity(), vectors=vectors, attributes=attributes)


def content_vectors(model: CalibratedModel) -> Floats:
    """Item vectors [I, D] for diversity: text vectors if the job has text, else the network's."""
    spec = model.predictor.corpus.spec
    text = model.predictor.corpus.catalogue.content[:, : spec.text_size]
    if spec.text_size and spec.fields(FieldKind.TEXT):
        return text
    return np.asarray(model.predictor.vectors.cpu().numpy(), dtype=np.float32)


def _evaluate_head(labels: TaskLabels, rows: Indices, logits: Floats, calibration: Calibration) -> HeadReport:
    """One head's figures over the events at `rows` [n] that have a target; logits [n, width]."""
    task, labelled = labels.head.task, np.flatnonzero(labels.has_target(rows))
    targets, logits, kind = labels.targets_at(rows[labelled]), logits[labelled], find_kind(task.kind)
    raw, calibrated = (kind.predict(task, logits, c) for c in (kind.raw_calibration(task), calibration))
    bins = reliability(calibrated[:, 0], targets[:, 0]) if kind.reliability else ()
    return HeadReport(
        name=task.name,
        kind=task.kind,
        count=len(labelled),
        before=measure_predictions(kind.metrics, raw, targets),
        after=measure_predictions(kind.metrics, calibrated, targets),
        reliability=tuple(ReliabilityRow.of(row) for row in bins),
    )


def _format_weights(fusion: Fusion) -> str:
    return " ".join(f"{name} {weight:g}" for name, weight in fusion.weights.items() if weight)
