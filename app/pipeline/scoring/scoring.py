"""Every candidate, every head: logits by the network, then calibrated values."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from app.pipeline.padding import padded
from app.pipeline.scoring.fusion import fuse_heads
from app.pipeline.types import Candidates, Encoded, Scored
from models.contract.arrays import Floats, Indices
from models.contract.features import encode_context
from models.contract.tasks import NEXT, Head
from models.heads.next import next_shares
from models.heads.protocol import Subject
from models.heads.registry import find_kind
from models.network.scorer import ScorerInput

if TYPE_CHECKING:
    from app.bundle.bundle import LoadedBundle

CHUNK = 512
"""Candidates scored at once (docs/measurements.md: chunks of a few hundred rows are the fastest)."""
EXACT_PARTITION = 50_000
"""Up to so many items the softmax's denominator is summed over all; above, over a fixed even sample."""
PARTITION_BYTES = 16 << 20
"""Many users' denominators take so much memory at once, three times over."""

Moment = tuple[Mapping[str, str], float]
"""A context and a Unix time."""


def score_candidates(
    bundle: "LoadedBundle",
    encoded: Encoded,
    candidates: Candidates,
    context: Mapping[str, str],
    now: float,
    weights: Mapping[str, float],
) -> tuple[Scored, Mapping[str, Floats]]:
    """The candidates scored at a moment by these weights, and every head's predictions [K, width]."""
    logits = head_logits(bundle, encoded, candidates.rows, context, now)
    predicted = head_predictions(bundle, encoded, logits)
    values = candidate_values(bundle, predicted, candidates.rows, context, now)
    return fuse_heads(candidates, values, bundle.manifest.fusion, weights), predicted


def head_logits(
    bundle: "LoadedBundle", encoded: Encoded, rows: Indices, context: Mapping[str, str], now: float
) -> dict[str, Floats]:
    """Logits [K, width] of every head for catalogue rows [K] at a moment; `next` has width 1."""
    found = {NEXT: next_logits(bundle, encoded, rows)[:, None]}
    if not bundle.manifest.heads:
        return found
    tokens = encode_context(bundle.spec, context, now)
    parts = []
    for at in range(0, max(len(rows), 1), CHUNK):
        chunk = rows[None, at : at + CHUNK]
        parts.append(scorer_logits(bundle, [encoded], chunk, np.tile(tokens, (*chunk.shape, 1))))
    for head in bundle.manifest.heads:
        found[head.task.name] = np.concatenate([part[head.task.name][0] for part in parts])
    return found


def head_predictions(
    bundle: "LoadedBundle", encoded: Encoded, logits: Mapping[str, Floats]
) -> dict[str, Floats]:
    """Calibrated predictions [K, width]. `next`: the probability among all items of the catalogue."""
    return calibrated(bundle, logits, log_partitions(bundle, [encoded]))


def calibrated(
    bundle: "LoadedBundle", logits: Mapping[str, Floats], partitions: NDArray[np.float64]
) -> dict[str, Floats]:
    """Calibrated predictions of logits [K, width], by the `next` partition of all [1] or of each [K]."""
    calibrations = bundle.manifest.calibrations
    found = {NEXT: next_shares(logits[NEXT], calibrations[NEXT], partitions)}
    for head in bundle.manifest.heads:
        name = head.task.name
        found[name] = find_kind(head.task.kind).predict(head.task, logits[name], calibrations[name])
    return found


def candidate_values(
    bundle: "LoadedBundle",
    predicted: Mapping[str, Floats],
    rows: Indices,
    context: Mapping[str, str],
    now: float,
) -> dict[str, Floats]:
    """One value [K] a head and candidate."""
    return values_at(bundle, predicted, rows, [(context, now)], np.zeros(len(rows), dtype=np.int64))


def values_at(
    bundle: "LoadedBundle",
    predicted: Mapping[str, Floats],
    rows: Indices,
    moments: Sequence[Moment],
    moment_of: Indices,
) -> dict[str, Floats]:
    """One value [K] a head and candidate, each at its own of the moments: `moment_of` [K] are their places."""
    found = {NEXT: predicted[NEXT][:, 0]}
    for head in bundle.manifest.heads:
        labels = _labels(bundle, head, rows, moments, moment_of)
        found[head.task.name] = find_kind(head.task.kind).value(predicted[head.task.name], labels)
    return found


def log_partitions(bundle: "LoadedBundle", encoded: Sequence[Encoded]) -> NDArray[np.float64]:
    """Logs [B] of the calibrated softmax's denominators, in nats. Deleted items have no share in them."""
    scale = bundle.manifest.calibrations[NEXT].scale
    every = slice(None, None, -(-len(bundle.catalogue) // EXACT_PARTITION))
    vectors, present = bundle.catalogue.vectors[every], bundle.catalogue.present[every]
    together = max(PARTITION_BYTES // (8 * max(len(vectors), 1)), 1)
    found = np.empty(len(encoded))
    for at in range(0, len(encoded), together):
        users = encoded[at : at + together]
        logits = (np.stack([user.vector for user in users]) @ vectors.T).astype(np.float64)  # [B, n]
        for place, user in enumerate(users):
            if user.text_logits is not None:
                logits[place] += user.text_logits[every]
        logits = scale * (logits[:, present] if present.any() else logits)
        peak = logits.max(axis=1)
        np.exp(np.subtract(logits, peak[:, None], out=logits), out=logits)
        found[at : at + together] = peak + np.log(logits.sum(axis=1) * every.step)
    return found


def next_logits(bundle: "LoadedBundle", encoded: Encoded, rows: Indices) -> Floats:
    """[K]: the inner product, plus what the query's text adds."""
    logits: Floats = bundle.catalogue.vectors[rows] @ encoded.vector
    return logits if encoded.text_logits is None else logits + encoded.text_logits[rows]


@torch.inference_mode()
def scorer_logits(
    bundle: "LoadedBundle", encoded: Sequence[Encoded], rows: Indices, tokens: Indices
) -> dict[str, Floats]:
    """Logits [B, Q, width] a head of the network, of Q candidates for each of B users.

    `rows` [B, Q] are the candidates, `tokens` [B, Q, C] their context's.
    """
    count = rows.shape[1]
    events, own = padded([user.history for user in encoded])
    base = torch.from_numpy(np.stack([user.base for user in encoded]))
    numbers = torch.from_numpy(np.stack([user.numbers for user in encoded]))
    logits = bundle.network.scorer(
        ScorerInput(
            user=base[:, None].expand(-1, count, -1),
            item=torch.from_numpy(bundle.item_vectors(rows)),
            events=torch.from_numpy(events),
            attend=torch.from_numpy(own)[:, None].expand(-1, count, -1),
            statistics=torch.from_numpy(bundle.network_statistics(rows)),
            numbers=numbers[:, None].expand(-1, count, -1),
            context=torch.from_numpy(tokens),
        )
    )
    return {name: value.numpy() for name, value in logits.items()}


def _labels(
    bundle: "LoadedBundle", head: Head, rows: Indices, moments: Sequence[Moment], moment_of: Indices
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
