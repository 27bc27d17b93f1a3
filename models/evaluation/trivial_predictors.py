"""Trivial predictors of a head's labels, which a head must beat: the mean label, and the user's last label."""

import numpy as np

from models.contract.arrays import Floats, Indices
from models.contract.even_sample import take_evenly
from models.data.labels import TaskLabels
from models.heads.protocol import Subject
from models.heads.registry import find_kind
from models.training.corpus import PART_TEST, Corpus

CONSTANT = "constant"
REPEAT = "repeat last"
MOST_EARLIER = 100_000
"""Events before the test that the predictors learn from; more are sampled evenly, which bounds the memory."""
TRIVIAL_PREDICTORS = {
    CONSTANT: "Predicts the same for every event: the mean label of the events before the test, which is a base rate, "
    "the shares of the classes, or a mean number.",
    REPEAT: "Predicts the user's last class with the probability with which classes repeated before the test, and the "
    "shares of the classes otherwise; for heads on the moment.",
}
"""Name in report.json -> definition."""


def predict_trivially(corpus: Corpus, labels: TaskLabels, rows: Indices) -> dict[str, Floats]:
    """Name -> predictions [n, width] for the events at `rows` [n]; empty without a label before the test."""
    earlier = np.flatnonzero((corpus.part < PART_TEST) & labels.has_target(np.arange(len(corpus.items))))
    earlier = take_evenly(earlier, MOST_EARLIER)
    if not len(earlier):
        return {}
    mean = labels.targets_at(earlier).mean(axis=0, dtype=np.float64).astype(np.float32)
    predictions = {CONSTANT: np.broadcast_to(mean, (len(rows), len(mean)))}
    if find_kind(labels.head.task.kind).subject is Subject.MOMENT:
        predictions[REPEAT] = _repeat_last(labels, find_last(corpus, labels), earlier, rows, mean)
    return predictions


def find_last(corpus: Corpus, labels: TaskLabels) -> Indices:
    """For each event of the corpus the row of the user's last earlier event with a label; -1 without one."""
    rows = np.arange(len(corpus.items))
    labelled = np.where(labels.has_target(rows), rows, -1)
    last = np.concatenate([[-1], np.maximum.accumulate(labelled)[:-1]])[: len(rows)]
    return np.asarray(np.where(last >= corpus.offsets[corpus.user_of(rows)], last, -1), dtype=np.int64)


def _repeat_last(labels: TaskLabels, last: Indices, earlier: Indices, rows: Indices, mean: Floats) -> Floats:
    """The last class of each row's user, weighted by the share of `earlier` events that repeated theirs."""
    pairs = earlier[last[earlier] >= 0]
    repeated = (labels.targets_at(pairs) * labels.targets_at(last[pairs])).sum(axis=1)
    share = float(repeated.mean()) if len(pairs) else 0.0
    known = last[rows] >= 0
    predictions = np.tile(mean, (len(rows), 1))
    predictions[known] = share * labels.targets_at(last[rows[known]]) + (1 - share) * mean
    return predictions
