"""Calibrate the logits of every head, and reduce predictions to one value per head and candidate."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from app.bundle.bundle import LoadedBundle
from app.pipeline.types import Encoded
from models.contract.arrays import Floats, Indices
from models.contract.tasks import NEXT, Head
from models.heads.next import predict_next
from models.heads.protocol import Subject
from models.heads.registry import find_kind

EXACT_PARTITION = 50_000
"""The softmax's denominator is a sum over all items, or over an even sample of at most this many."""
PARTITION_BYTES = 16 << 20
"""Size of an array of logits for the denominators of many users; three such arrays exist at once."""

Moment = tuple[Mapping[str, str], float]
"""A context and a Unix time."""


def calibrate_logits(
    bundle: LoadedBundle, logits: Mapping[str, Floats], partitions: NDArray[np.float64]
) -> dict[str, Floats]:
    """Head -> calibrated predictions of logits [K, width]; `partitions` of `next` are [1] or [K]."""
    calibrations = bundle.manifest.calibrations
    predictions = {NEXT: predict_next(logits[NEXT], calibrations[NEXT], partitions)}
    for head in bundle.manifest.heads:
        name = head.task.name
        predictions[name] = find_kind(head.task.kind).predict(head.task, logits[name], calibrations[name])
    return predictions


def candidate_values(
    bundle: LoadedBundle,
    predicted: Mapping[str, Floats],
    rows: Indices,
    moments: Sequence[Moment],
    moment_of: Indices,
) -> dict[str, Floats]:
    """Head -> values [K] of the candidates at `rows` [K]. `moment_of` [K]: indices into `moments`."""
    values = {NEXT: predicted[NEXT][:, 0]}
    for head in bundle.manifest.heads:
        labels = _subject_labels(bundle, head, rows, moments, moment_of)
        values[head.task.name] = find_kind(head.task.kind).value(predicted[head.task.name], labels)
    return values


def log_partitions(bundle: LoadedBundle, encoded: Sequence[Encoded]) -> NDArray[np.float64]:
    """Logarithms [B] of the calibrated softmax's denominators, in nats, without deleted items."""
    scale = bundle.manifest.calibrations[NEXT].scale
    sample = slice(None, None, -(-len(bundle.catalogue) // EXACT_PARTITION))
    vectors, present = bundle.catalogue.vectors[sample], bundle.catalogue.present[sample]
    batch_size = max(PARTITION_BYTES // (8 * max(len(vectors), 1)), 1)
    logs = np.empty(len(encoded))
    for start in range(0, len(encoded), batch_size):
        users = encoded[start : start + batch_size]
        logits = (np.stack([user.vector for user in users]) @ vectors.T).astype(np.float64)  # [B, n]
        for position, user in enumerate(users):
            if user.text_logits is not None:
                logits[position] += user.text_logits[sample]
        logits = scale * (logits[:, present] if present.any() else logits)
        peak = logits.max(axis=1)
        np.exp(np.subtract(logits, peak[:, None], out=logits), out=logits)
        logs[start : start + batch_size] = peak + np.log(logits.sum(axis=1) * sample.step)
    return logs


def next_logits(bundle: LoadedBundle, encoded: Encoded, rows: Indices) -> Floats:
    """`next` logits [K]: the inner product of user and item vectors, plus the logits of the query's text."""
    logits: Floats = bundle.catalogue.vectors[rows] @ encoded.vector
    return logits if encoded.text_logits is None else logits + encoded.text_logits[rows]


def _subject_labels(
    bundle: LoadedBundle, head: Head, rows: Indices, moments: Sequence[Moment], moment_of: Indices
) -> Floats | None:
    """Labels [K, classes] of the head's subject, the items or their moments; None without a subject."""
    match find_kind(head.task.kind).subject:
        case Subject.ITEM:
            return bundle.catalogue.head_labels(head.task.name, rows)
        case Subject.MOMENT:
            labels = [bundle.context_label(head, *moment) for moment in moments]
            hot = np.array([[name == label for name in head.classes] for label in labels], dtype=np.float32)
            return hot[moment_of]
        case Subject.NOTHING:
            return None
