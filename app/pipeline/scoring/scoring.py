"""Calibrate the logits of every head, and reduce predictions to one value per head and candidate."""

from collections.abc import Mapping, Sequence

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.pipeline.types import Encoded, Moment
from models.contract.arrays import Doubles, Floats, Indices
from models.contract.tasks import NEXT, Head
from models.heads.candidate_values import SubjectLabels, predict_heads, reduce_predictions
from models.heads.next import sum_partitions

EXACT_PARTITION = 50_000
"""The softmax's denominator is a sum over all items, or over an even sample of at most this many."""
TEXT_PARTITION = 25_000
"""The same for a user with texts, where their cosines are computed for these items alone. Over a million items twice as
many are as far from the sum over all of them (docs/performance.md).
"""
PARTITION_BYTES = 16 << 20
"""Size of an array of logits for the denominators of many users; three such arrays exist at once."""


def calibrate_logits(
    bundle: LoadedBundle, logits: Mapping[str, Floats], partitions: Doubles
) -> dict[str, Floats]:
    """Head -> calibrated predictions of logits [K, width]; `partitions` of `next` are [1] or [K]."""
    return predict_heads(bundle.manifest.heads, logits, bundle.manifest.calibrations, partitions)


def candidate_values(
    bundle: LoadedBundle,
    predicted: Mapping[str, Floats],
    rows: Indices,
    moments: Sequence[Moment],
    moment_of: Indices,
) -> dict[str, Floats]:
    """Head -> values [K] of the candidates at `rows` [K]. `moment_of` [K]: indices into `moments`."""
    labels = SubjectLabels(
        of_items=lambda head: bundle.catalogue.head_labels(head.task.name, rows),
        of_moments=lambda head: _moment_labels(bundle, head, moments)[moment_of],
    )
    return reduce_predictions(bundle.manifest.heads, predicted, labels)


def log_partitions(bundle: LoadedBundle, encoded: Sequence[Encoded]) -> Doubles:
    """Logarithms [B] of the calibrated softmax's denominators, in nats, without deleted items."""
    logs = np.empty(len(encoded))
    for most, lazy in ((EXACT_PARTITION, False), (TEXT_PARTITION, True)):
        numbers = [number for number, user in enumerate(encoded) if _reads_texts(user) is lazy]
        if numbers:
            logs[numbers] = _sum_sample(bundle, [encoded[number] for number in numbers], most)
    return logs


def _reads_texts(user: Encoded) -> bool:
    """Whether the logits of the user's texts are not there yet."""
    return user.text_logits is not None and not isinstance(user.text_logits, np.ndarray)


def _sum_sample(bundle: LoadedBundle, encoded: Sequence[Encoded], most: int) -> Doubles:
    """The denominators [B] over an even sample of at most `most` items, as if it were all of them."""
    calibration = bundle.manifest.calibrations[NEXT]
    # By the items of the bundle: with a step that followed the items put, each of them would make a new sample.
    sample = slice(None, None, -(-max(len(bundle.known_users.item_ids), 1) // most))
    vectors, present = bundle.catalogue.vectors[sample], bundle.catalogue.present[sample]
    are_all = bool(present.all()) or not present.any()
    batch_size = max(PARTITION_BYTES // (8 * max(len(vectors), 1)), 1)
    logs = np.empty(len(encoded))
    for start in range(0, len(encoded), batch_size):
        users = encoded[start : start + batch_size]
        logits = (np.stack([user.vector for user in users]) @ vectors.T).astype(np.float64)  # [B, n]
        for position, user in enumerate(users):
            added = user.added_logits
            if added is not None:
                logits[position] += added[sample]
        chosen = logits if are_all else logits[:, present]
        logs[start : start + batch_size] = sum_partitions(chosen, calibration) + np.log(sample.step)
    return logs


def next_logits(bundle: LoadedBundle, encoded: Encoded, rows: Indices) -> Floats:
    """`next` logits [K]: the inner product of user and item vectors, plus the logits of item links and of texts."""
    logits: Floats = bundle.catalogue.vectors[rows] @ encoded.vector
    added = encoded.added_logits
    return logits if added is None else logits + added[rows]


def _moment_labels(bundle: LoadedBundle, head: Head, moments: Sequence[Moment]) -> Floats:
    """[M, classes] 1 where the moment has the class."""
    labels = [bundle.context_label(head, *moment) for moment in moments]
    return np.array([[name == label for name in head.classes] for label in labels], dtype=np.float32)
