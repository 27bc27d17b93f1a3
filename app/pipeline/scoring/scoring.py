"""Logits of every head -> calibrated predictions -> one value a candidate."""

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
"""The softmax's denominator is summed over all items up to this many; above, over a fixed even sample."""
PARTITION_BYTES = 16 << 20
"""Memory for the logits of many users' denominators at once; three arrays of this size are alive."""

Moment = tuple[Mapping[str, str], float]
"""A context and a Unix time."""


def calibrate_logits(
    bundle: LoadedBundle, logits: Mapping[str, Floats], partitions: NDArray[np.float64]
) -> dict[str, Floats]:
    """Calibrated predictions of logits [K, width], by the `next` partition of all [1] or of each [K]."""
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
    """One value [K] a head and candidate. `moment_of` [K]: each candidate's position among the moments."""
    values = {NEXT: predicted[NEXT][:, 0]}
    for head in bundle.manifest.heads:
        labels = _labels(bundle, head, rows, moments, moment_of)
        values[head.task.name] = find_kind(head.task.kind).value(predicted[head.task.name], labels)
    return values


def log_partitions(bundle: LoadedBundle, encoded: Sequence[Encoded]) -> NDArray[np.float64]:
    """Logs [B] of the calibrated softmax's denominators, in nats. Deleted items have no share in them."""
    scale = bundle.manifest.calibrations[NEXT].scale
    every = slice(None, None, -(-len(bundle.catalogue) // EXACT_PARTITION))
    vectors, present = bundle.catalogue.vectors[every], bundle.catalogue.present[every]
    together = max(PARTITION_BYTES // (8 * max(len(vectors), 1)), 1)
    logs = np.empty(len(encoded))
    for at in range(0, len(encoded), together):
        users = encoded[at : at + together]
        logits = (np.stack([user.vector for user in users]) @ vectors.T).astype(np.float64)  # [B, n]
        for position, user in enumerate(users):
            if user.text_logits is not None:
                logits[position] += user.text_logits[every]
        logits = scale * (logits[:, present] if present.any() else logits)
        peak = logits.max(axis=1)
        np.exp(np.subtract(logits, peak[:, None], out=logits), out=logits)
        logs[at : at + together] = peak + np.log(logits.sum(axis=1) * every.step)
    return logs


def next_logits(bundle: LoadedBundle, encoded: Encoded, rows: Indices) -> Floats:
    """[K]: the inner product, plus what the query's text adds."""
    logits: Floats = bundle.catalogue.vectors[rows] @ encoded.vector
    return logits if encoded.text_logits is None else logits + encoded.text_logits[rows]


def _labels(
    bundle: LoadedBundle, head: Head, rows: Indices, moments: Sequence[Moment], moment_of: Indices
) -> Floats | None:
    """Labels [K, classes] of the items or of their moments, as the head's kind has it; else None."""
    match find_kind(head.task.kind).subject:
        case Subject.ITEM:
            return bundle.catalogue.head_labels(head.task.name, rows)
        case Subject.MOMENT:
            labels = [bundle.context_label(head, *moment) for moment in moments]
            hot = np.array([[name == label for name in head.classes] for label in labels], dtype=np.float32)
            return hot[moment_of]
        case Subject.NOTHING:
            return None
