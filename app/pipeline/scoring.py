"""Every candidate, every head: logits by the network, then calibrated values."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch

from app.pipeline.fusion import fuse_heads
from app.pipeline.types import Candidates, Encoded, Scored
from models.contract.calibration import head_values, predictions
from models.contract.features import Floats, Indices, encode_context
from models.contract.tasks import NEXT, Head, TaskKind
from models.network.scorer import ScorerInput

if TYPE_CHECKING:
    from app.loaded import LoadedBundle

CHUNK = 512
"""Candidates scored at once (MEASURED.md: chunks of a few hundred rows are the fastest)."""
EXACT_PARTITION = 50_000
"""Up to so many items the softmax's denominator is summed over all; above, over a fixed even sample."""


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
    found = {NEXT: _next_logits(bundle, encoded, rows)[:, None]}
    if not bundle.manifest.heads:
        return found
    tokens = encode_context(bundle.spec, context, now)
    parts = [
        _scorer_logits(bundle, encoded, rows[at : at + CHUNK], tokens)
        for at in range(0, max(len(rows), 1), CHUNK)
    ]
    for head in bundle.manifest.heads:
        found[head.task.name] = np.concatenate([part[head.task.name] for part in parts])
    return found


def head_predictions(
    bundle: "LoadedBundle", encoded: Encoded, logits: Mapping[str, Floats]
) -> dict[str, Floats]:
    """Calibrated predictions [K, width]. `next`: the probability among all items of the catalogue."""
    calibrations = bundle.manifest.calibrations
    found = {NEXT: np.exp(calibrations[NEXT].scale * logits[NEXT] - log_partition(bundle, encoded))}
    for head in bundle.manifest.heads:
        name = head.task.name
        found[name] = predictions(head, logits[name], calibrations[name])
    return found


def candidate_values(
    bundle: "LoadedBundle",
    predicted: Mapping[str, Floats],
    rows: Indices,
    context: Mapping[str, str],
    now: float,
) -> dict[str, Floats]:
    """One value [K] a head and candidate."""
    found = {NEXT: predicted[NEXT][:, 0]}
    for head in bundle.manifest.heads:
        labels = _labels(bundle, head, rows, context, now)
        found[head.task.name] = head_values(head, predicted[head.task.name], labels)
    return found


def log_partition(bundle: "LoadedBundle", encoded: Encoded) -> float:
    """Log of the calibrated softmax's denominator, in nats. Deleted items have no share in it."""
    scale = bundle.manifest.calibrations[NEXT].scale
    every = slice(None, None, -(-len(bundle.catalogue) // EXACT_PARTITION))
    logits = scale * _next_logits(bundle, encoded, every).astype(np.float64)
    present = bundle.catalogue.present[every]
    if present.any():
        logits = logits[present]
    peak = logits.max()
    return float(peak + np.log(np.exp(logits - peak).sum() * every.step))


def _next_logits(bundle: "LoadedBundle", encoded: Encoded, rows: Indices | slice) -> Floats:
    """[K]: the inner product, plus what the query's text adds."""
    logits: Floats = bundle.catalogue.vectors[rows] @ encoded.vector
    return logits if encoded.text_logits is None else logits + encoded.text_logits[rows]


@torch.inference_mode()
def _scorer_logits(
    bundle: "LoadedBundle", encoded: Encoded, rows: Indices, tokens: Indices
) -> dict[str, Floats]:
    count, length = len(rows), len(encoded.history)
    logits = bundle.network.scorer(
        ScorerInput(
            user=torch.from_numpy(encoded.base).expand(1, count, -1),
            item=torch.from_numpy(bundle.item_vectors(rows))[None],
            events=torch.from_numpy(encoded.history)[None],
            attend=torch.ones((1, count, length), dtype=torch.bool),
            statistics=torch.from_numpy(bundle.network_statistics(rows))[None],
            numbers=torch.from_numpy(encoded.numbers).expand(1, count, -1),
            context=torch.from_numpy(tokens).expand(1, count, -1),
        )
    )
    return {name: value[0].numpy() for name, value in logits.items()}


def _labels(
    bundle: "LoadedBundle", head: Head, rows: Indices, context: Mapping[str, str], now: float
) -> Floats | None:
    """[K, classes]: an item's own labels, or the request's context for all."""
    match head.task.kind:
        case TaskKind.MULTILABEL:
            return bundle.catalogue.head_labels(head.task.name, rows)
        case TaskKind.CONTEXT:
            label = bundle.context_label(head, context, now)
            hot = np.array([name == label for name in head.classes], dtype=np.float32)
            return np.broadcast_to(hot, (len(rows), len(head.classes)))
        case TaskKind.BINARY | TaskKind.REGRESSION:
            return None
