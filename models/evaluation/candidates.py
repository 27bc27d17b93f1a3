"""The network's candidates for ranking cases, with every head's calibrated value, and their fused order."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Floats, Indices
from models.contract.calibration import Calibration
from models.contract.fusion import Fusion, contributions, fuse
from models.contract.tasks import NEXT, Head
from models.evaluation.full_ranking import select_top
from models.evaluation.inference import CorpusPredictor, Moments
from models.evaluation.metrics.lists import NO_ITEM
from models.evaluation.protocols import RankingCase
from models.heads.next import next_shares
from models.heads.protocol import Subject
from models.heads.registry import find_kind

CANDIDATES = 300
"""The number that the service scores for one answer."""


@dataclass(frozen=True, slots=True)
class CandidateValues:
    """C lists of K candidates: the best unseen items by `next`."""

    items: Indices  # [C, K]; -1 where a list has fewer
    values: Mapping[str, Floats]  # head -> [C, K] calibrated values


@dataclass(frozen=True, slots=True)
class EventLogits:
    """Every head's logits for m observed events."""

    rows: Indices  # [m] rows of the corpus's events
    heads: Mapping[str, Floats]  # head -> [m, width]


def score_candidates(
    predictor: CorpusPredictor, rows: Indices, case: RankingCase, calibrations: Mapping[str, Calibration]
) -> CandidateValues:
    """The candidates of a case's lists, ranked just before the events at `rows` [C], with every head's value."""
    hot = {one.head.task.name: one.by_item for one in predictor.corpus.labels if one.by_item is not None}
    items: list[Indices] = [np.zeros((0, min(CANDIDATES, case.seen.shape[1])), dtype=np.int64)]
    none = np.zeros(items[0].shape, dtype=np.float32)
    values: dict[str, list[Floats]] = {name: [none] for name in (NEXT, *calibrations)}
    start = 0
    for moments in predictor.encode_moments(rows):
        stop = start + len(moments.rows)
        logits = predictor.next_logits(moments)
        unseen = logits.astype(np.float64)
        seen = case.seen[np.arange(start, stop)]
        unseen[np.repeat(np.arange(stop - start), np.diff(seen.indptr)), seen.indices] = -np.inf
        top = select_top(unseen, min(CANDIDATES, logits.shape[1]))
        items.append(top)
        for name, value in _values(predictor, moments, (logits, top), calibrations, hot).items():
            values[name].append(value)
        start = stop
    return CandidateValues(
        np.concatenate(items), {name: np.concatenate(parts) for name, parts in values.items()}
    )


def rank_candidates(candidates: CandidateValues, fusion: Fusion, k: int) -> Indices:
    """The k candidates [C, k] of the highest fused score, best first, NO_ITEM where there are fewer.

    Equal scores: the lower item first.
    """
    lists = np.full((len(candidates.items), k), NO_ITEM, dtype=np.int64)
    for number, row in enumerate(candidates.items):
        present = row != NO_ITEM
        items = row[present]
        values = {name: value[number][present] for name, value in candidates.values.items()}
        scores = fuse(contributions(fusion, values, fusion.weights))
        best = items[np.lexsort((items, -scores))][:k]
        lists[number, : len(best)] = best
    return lists


def predict_events(predictor: CorpusPredictor, rows: Indices) -> EventLogits:
    """Every head's logits for the events at `rows`, each given what came before it."""
    heads: dict[str, list[Floats]] = {head.task.name: [] for head in predictor.network.heads}
    for moments in predictor.encode_moments(rows):
        items = predictor.corpus.items[moments.rows].astype(np.int64)
        for name, logits in predictor.head_logits(moments, items[:, None]).items():
            heads[name].append(logits[:, 0])
    return EventLogits(rows, {name: np.concatenate(parts) for name, parts in heads.items()})


def _values(
    predictor: CorpusPredictor,
    moments: Moments,
    ranked: tuple[Floats, Indices],
    calibrations: Mapping[str, Calibration],
    hot: Mapping[str, Floats],
) -> dict[str, Floats]:
    """Head -> values [B, K] of the candidates [B, K]; a NO_ITEM has item 0's, which rank_candidates leaves out."""
    logits, top = ranked
    items = np.maximum(top, 0)
    partitions = _logsumexp(calibrations[NEXT].scale * logits.astype(np.float64))
    chosen = np.take_along_axis(logits, items, axis=1)
    values = {NEXT: next_shares(chosen, calibrations[NEXT], partitions)}
    for name, given in predictor.head_logits(moments, items).items():
        head = next(head for head in predictor.network.heads if head.task.name == name)
        kind = find_kind(head.task.kind)
        predicted = kind.predict(head.task, given.reshape(-1, head.width), calibrations[name])
        labels = _candidate_labels(predictor, head, moments, items, hot)
        values[name] = kind.value(predicted, labels).reshape(items.shape)
    return values


def _candidate_labels(
    predictor: CorpusPredictor, head: Head, moments: Moments, items: Indices, hot: Mapping[str, Floats]
) -> Floats | None:
    """Labels [B * K, classes] of the candidates or of the moments, as the head's kind has it; else None."""
    match find_kind(head.task.kind).subject:
        case Subject.ITEM:
            return hot[head.task.name][items.ravel()]
        case Subject.MOMENT:
            labels = next(labels for labels in predictor.corpus.labels if labels.head == head)
            return np.repeat(labels.targets_at(moments.rows), items.shape[1], axis=0)
        case Subject.NOTHING:
            return None


def _logsumexp(logits: np.ndarray) -> np.ndarray:
    peak = logits.max(axis=-1, keepdims=True)
    return np.asarray(peak[..., 0] + np.log(np.exp(logits - peak).sum(axis=-1)))
