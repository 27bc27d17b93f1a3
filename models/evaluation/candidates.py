"""The network's answers on a part of the corpus: values of every head for the candidates of some lists."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Floats, Indices
from models.contract.calibration import Calibration
from models.contract.fusion import Fusion, contributions, fuse
from models.contract.tasks import NEXT, Head
from models.evaluation.full_ranking import largest
from models.evaluation.inference import Moments, Reader
from models.evaluation.metrics.diversity import NO_ITEM
from models.evaluation.protocols import RankingCase
from models.heads.next import next_shares
from models.heads.protocol import Subject
from models.heads.registry import find_kind

CANDIDATES = 300
"""As many as the service scores for one answer."""


@dataclass(frozen=True, slots=True)
class ListValues:
    """C lists of K candidates, the best by `next` of what the user had not seen."""

    items: Indices  # [C, K]; -1 where a list has fewer
    values: Mapping[str, Floats]  # head -> [C, K] calibrated values


@dataclass(frozen=True, slots=True)
class EventLogits:
    """m observed events with every head's logits for them."""

    rows: Indices  # [m] rows of the corpus's events
    heads: Mapping[str, Floats]  # head -> [m, width]


def list_values(
    reader: Reader, rows: Indices, case: RankingCase, calibrations: Mapping[str, Calibration]
) -> ListValues:
    """The candidates of the case's lists, which begin at the moments `rows` [C], with every head's value."""
    hot = {one.head.task.name: one.by_item for one in reader.corpus.labels if one.by_item is not None}
    items: list[Indices] = [np.zeros((0, min(CANDIDATES, case.seen.shape[1])), dtype=np.int64)]
    none = np.zeros(items[0].shape, dtype=np.float32)
    values: dict[str, list[Floats]] = {name: [none] for name in (NEXT, *calibrations)}
    at = 0
    for moments in reader.moments(rows):
        stop = at + len(moments.rows)
        logits = reader.next_logits(moments)
        open_to_all = logits.astype(np.float64)
        seen = case.seen[np.arange(at, stop)]
        open_to_all[np.repeat(np.arange(stop - at), np.diff(seen.indptr)), seen.indices] = -np.inf
        found = largest(open_to_all, min(CANDIDATES, logits.shape[1]))
        items.append(found)
        for name, value in _values(reader, moments, (logits, found), calibrations, hot).items():
            values[name].append(value)
        at = stop
    return ListValues(np.concatenate(items), {name: np.concatenate(parts) for name, parts in values.items()})


def fused_lists(found: ListValues, fusion: Fusion, k: int) -> Indices:
    """The k candidates [C, k] of the highest fused score, best first, NO_ITEM where there are fewer.

    Equal scores: the lower item first.
    """
    lists = np.full((len(found.items), k), NO_ITEM, dtype=np.int64)
    for number, row in enumerate(found.items):
        there = row >= 0
        items = row[there]
        values = {name: value[number][there] for name, value in found.values.items()}
        scores = fuse(contributions(fusion, values, fusion.weights))
        best = items[np.lexsort((items, -scores))][:k]
        lists[number, : len(best)] = best
    return lists


def event_logits(reader: Reader, rows: Indices) -> EventLogits:
    """Every head's logits for the events at `rows`, each given what came before it."""
    heads: dict[str, list[Floats]] = {head.task.name: [] for head in reader.network.heads}
    for moments in reader.moments(rows):
        items = reader.corpus.items[moments.rows].astype(np.int64)
        for name, found in reader.head_logits(moments, items[:, None]).items():
            heads[name].append(found[:, 0])
    return EventLogits(rows, {name: np.concatenate(parts) for name, parts in heads.items()})


def _values(
    reader: Reader,
    moments: Moments,
    ranked: tuple[Floats, Indices],
    calibrations: Mapping[str, Calibration],
    hot: Mapping[str, Floats],
) -> dict[str, Floats]:
    """Head -> [B, K] values of the candidates [B, K] (a -1 takes item 0's, and is left out later)."""
    logits, found = ranked
    items = np.maximum(found, 0)
    partitions = _logsumexp(calibrations[NEXT].scale * logits.astype(np.float64))
    chosen = np.take_along_axis(logits, items, axis=1)
    values = {NEXT: next_shares(chosen, calibrations[NEXT], partitions)}
    for name, given in reader.head_logits(moments, items).items():
        head = next(head for head in reader.network.heads if head.task.name == name)
        kind = find_kind(head.task.kind)
        predicted = kind.predict(head.task, given.reshape(-1, head.width), calibrations[name])
        labels = _candidate_labels(reader, head, moments, items, hot)
        values[name] = kind.value(predicted, labels).reshape(items.shape)
    return values


def _candidate_labels(
    reader: Reader, head: Head, moments: Moments, items: Indices, hot: Mapping[str, Floats]
) -> Floats | None:
    """Labels [B * K, classes] of the candidates or of the moments, as the head's kind has it; else None."""
    match find_kind(head.task.kind).subject:
        case Subject.ITEM:
            return hot[head.task.name][items.ravel()]
        case Subject.MOMENT:
            labels = next(labels for labels in reader.corpus.labels if labels.head == head)
            return np.repeat(labels.targets_at(moments.rows), items.shape[1], axis=0)
        case Subject.NOTHING:
            return None


def _logsumexp(logits: np.ndarray) -> np.ndarray:
    peak = logits.max(axis=-1, keepdims=True)
    return np.asarray(peak[..., 0] + np.log(np.exp(logits - peak).sum(axis=-1)))
