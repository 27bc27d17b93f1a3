"""Select the candidates that the service would score, with every head's calibrated value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats, Indices, Mask
from models.contract.calibration import Calibration
from models.contract.catalogue import Item
from models.contract.even_sample import take_evenly
from models.contract.feedback import last_liked, read_feedback
from models.contract.labels import category_labels
from models.contract.tasks import NEXT, Head
from models.contract.user_vector import strip_bias
from models.data.labels import TaskLabels
from models.evaluation.inference import CorpusPredictor
from models.evaluation.metrics.lists import NO_ITEM
from models.evaluation.moments import Moments
from models.evaluation.protocols import RankingCase
from models.heads.candidate_values import SubjectLabels, predict_heads, reduce_predictions
from models.heads.next import sum_partitions
from models.ranking.budget import Budget
from models.ranking.candidates import select_candidates
from models.ranking.intent import Shares, has_clear_intent, measure_shares
from models.ranking.sources.source import RetrievalTable
from models.training.bundle_statistics import compute_bundle_statistics, find_stops
from models.training.corpus import Corpus


@dataclass(frozen=True, slots=True)
class EvaluationLists:
    """C lists to rank, each at the moment just before one event of the corpus."""

    case: RankingCase
    rows: Indices  # [C] the events' rows
    gains: sparse.csr_array  # [C, I] what the relevant items are worth, by the job's objective
    outcomes: Mapping[str, sparse.csr_array]  # head -> [C, I] the outcomes in [0, 1] of the relevant items

    def take_evenly(self, most: int) -> "EvaluationLists":
        """At most `most` of the lists, evenly spaced."""
        numbers = take_evenly(np.arange(len(self.case)), most)
        return EvaluationLists(
            self.case.take(numbers),
            self.rows[numbers],
            self.gains[numbers],
            {head: outcome[numbers] for head, outcome in self.outcomes.items()},
        )


@dataclass(frozen=True, slots=True)
class CandidateValues:
    """C lists of at most K candidates, in the order in which the service retrieves them."""

    items: Indices  # [C, K]; NO_ITEM where a list has fewer
    values: Mapping[str, Floats]  # head -> [C, K] calibrated values
    clear_intent: Mask  # [C] the user's last events are of one category (models.ranking.intent)


@dataclass(frozen=True, slots=True)
class EventLogits:
    """Every head's logits for m observed events."""

    rows: Indices  # [m] rows of the corpus's events
    heads: Mapping[str, Floats]  # head -> [m, width]


@dataclass(frozen=True, slots=True)
class ServedItems:
    """The item table of a bundle that is published at the beginning of a part of the log."""

    arrays: RetrievalTable
    labels: Sequence[frozenset[str]]  # I
    shares: Shares  # of the labels

    @staticmethod
    def of(predictor: CorpusPredictor, items: Sequence[Item], part: int) -> "ServedItems":
        """The table of I items at the beginning of `part` (models.training.corpus.PART_*)."""
        corpus, snapshot = predictor.corpus, predictor.corpus.part_snapshot[part]
        vectors = predictor.item_table(snapshot)
        statistics = compute_bundle_statistics(corpus, snapshot, find_stops(corpus, part))
        arrays = RetrievalTable(vectors, strip_bias(vectors).mean(axis=0), statistics)
        labels = category_labels(corpus.spec, items)
        return ServedItems(arrays, labels, measure_shares(labels))


def score_candidates(
    predictor: CorpusPredictor,
    lists: EvaluationLists,
    items: ServedItems,
    calibrations: Mapping[str, Calibration],
    budget: Budget,
) -> CandidateValues:
    """The candidates of C lists, at most `budget.total` each, with every head's calibrated value."""
    rows, case = lists.rows, lists.case
    width = min(budget.total, case.seen.shape[1])
    selected = [np.zeros((0, width), dtype=np.int64)]
    parts: dict[str, list[Floats]] = {
        name: [np.zeros((0, width), dtype=np.float32)] for name in (NEXT, *calibrations)
    }
    start = 0
    for moments in predictor.encode_moments(rows):
        seen = case.seen[np.arange(start, start + len(moments.rows))]
        selected.append(_select_rows(predictor, moments, seen, items, budget, width))
        for name, value in _head_values(predictor, moments, selected[-1], items, calibrations).items():
            parts[name].append(value)
        start += len(moments.rows)
    return CandidateValues(
        items=np.concatenate(selected),
        values={name: np.concatenate(values) for name, values in parts.items()},
        clear_intent=find_intents(predictor.corpus, rows, items),
    )


def find_intents(corpus: Corpus, rows: Indices, items: ServedItems) -> Mask:
    """[C] True where the items that the users took last before the events at `rows` show a clear intent."""
    starts = corpus.offsets[corpus.user_of(rows)].tolist()
    found = np.zeros(len(rows), dtype=np.bool_)
    for number, (start, row) in enumerate(zip(starts, rows.tolist(), strict=True)):
        taken = (items.labels[item] for item in corpus.items[start:row][corpus.weights[start:row] > 0][::-1])
        found[number] = has_clear_intent(taken, items.shares)
    return found


def predict_events(predictor: CorpusPredictor, rows: Indices) -> EventLogits:
    """Every head's logits for the events at `rows`, each given what came before it."""
    heads: dict[str, list[Floats]] = {head.task.name: [] for head in predictor.network.heads}
    for moments in predictor.encode_moments(rows):
        items = predictor.corpus.items[moments.rows].astype(np.int64)
        for name, logits in predictor.head_logits(moments, items[:, None]).items():
            heads[name].append(logits[:, 0])
    return EventLogits(rows, {name: np.concatenate(parts) for name, parts in heads.items()})


def _select_rows(
    predictor: CorpusPredictor,
    moments: Moments,
    seen: sparse.csr_array,
    items: ServedItems,
    budget: Budget,
    width: int,
) -> Indices:
    """[B, width]: the rows that the service's sources would retrieve at each moment."""
    events = predictor.corpus.events_before(moments.rows)
    feedback = read_feedback(events, predictor.corpus.spec.value_range)
    selected = np.full((len(moments.rows), width), NO_ITEM, dtype=np.int64)
    for user, vector in enumerate(predictor.retrieval_vectors(moments)):
        allowed = np.ones(seen.shape[1], dtype=np.bool_)
        allowed[seen.indices[seen.indptr[user] : seen.indptr[user + 1]]] = False
        history = slice(int(events.offsets[user]), int(events.offsets[user + 1]))
        liked = last_liked(events.items[history], feedback[history])
        links = None if moments.links is None else moments.links[user]
        rows = select_candidates(items.arrays, vector, allowed, liked, budget, links)
        selected[user, : len(rows)] = rows
    return selected


def _head_values(
    predictor: CorpusPredictor,
    moments: Moments,
    selected: Indices,
    items: ServedItems,
    calibrations: Mapping[str, Calibration],
) -> dict[str, Floats]:
    """Head -> values [B, K] of the candidates [B, K]; at NO_ITEM the value of item 0, which is not used."""
    rows = np.maximum(selected, 0)
    whole = predictor.retrieval_vectors(moments) @ items.arrays.vectors.T  # [B, I]
    if moments.links is not None:
        whole = whole + moments.links
    logits = {
        NEXT: np.take_along_axis(whole, rows, axis=1)[..., None],
        **predictor.head_logits(moments, rows),
    }
    pairs = {name: value.reshape(-1, value.shape[-1]) for name, value in logits.items()}  # [B * K, width]
    partitions = np.repeat(sum_partitions(whole, calibrations[NEXT]), rows.shape[1])
    heads = predictor.network.heads
    predicted = predict_heads(heads, pairs, calibrations, partitions)
    values = reduce_predictions(heads, predicted, _subject_labels(predictor.corpus, moments.rows, rows))
    return {name: value.reshape(rows.shape) for name, value in values.items()}


def _subject_labels(corpus: Corpus, events: Indices, rows: Indices) -> SubjectLabels:
    """Labels of the candidates at item rows [B, K], at the moments of the events [B]."""

    def targets_of(head: Head) -> TaskLabels:
        return next(labels for labels in corpus.labels if labels.head == head)

    def label_items(head: Head) -> Floats:
        by_item = targets_of(head).by_item
        if by_item is None:
            raise ValueError(
                f"expected labels of every item for the head '{head.task.name}', whose subject is the item, given "
                f"targets of interactions"
            )
        return by_item[rows.ravel()]

    def label_moments(head: Head) -> Floats:
        return np.repeat(targets_of(head).targets_at(events), rows.shape[1], axis=0)

    return SubjectLabels(label_items, label_moments)
