"""Losses as pure functions with a mask."""

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from models.contract.tasks import Task, TaskKind


def next_item_loss(logits: Tensor, positive: Tensor) -> Tensor:
    """Cross-entropy, in nats, of logits [P, I] against the positive column [P]; mean over P, 0 where P is 0."""
    if not len(positive):
        return logits.sum() * 0
    return F.cross_entropy(logits, positive)


def task_loss(task: Task, logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
    """A head's loss: logits and targets [P, width], known bool [P]; mean over the known, 0 where there is none.

    Binary and multilabel: binary cross-entropy, positives weighted by `positive_weight`. Regression: squared
    error in units of half the task's range. Context: cross-entropy over the classes.
    """
    logits, targets = logits[known], targets[known]
    if not len(logits):
        return logits.sum() * 0
    match task.kind:
        case TaskKind.BINARY | TaskKind.MULTILABEL:
            weight = torch.tensor(task.positive_weight, device=logits.device)
            return F.binary_cross_entropy_with_logits(logits, targets, pos_weight=weight)
        case TaskKind.REGRESSION:
            low, high = task.range or (-1.0, 1.0)
            return F.mse_loss(logits, targets_to_unit(targets, low, high))
        case TaskKind.CONTEXT:
            return F.cross_entropy(logits, targets)


def targets_to_unit(targets: Tensor, low: float, high: float) -> Tensor:
    """[low, high] -> [-1, 1]: regression heads predict on this scale; calibration brings the unit back."""
    return (2 * targets - low - high) / (high - low)
