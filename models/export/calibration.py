"""Calibration of every head on the validation split: scale and shift of its logits."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from models.contract.arrays import Floats
from models.contract.calibration import Calibration
from models.contract.tasks import Head, TaskKind

STEPS = 60
LEAST_SCALE = 1e-2
LEAST_ROWS = 50
"""Fewer labelled rows than this calibrate nothing."""


def calibrate(head: Head, logits: Floats, targets: Floats) -> Calibration:
    """Fit a head's calibration on logits and targets [n, width].

    Binary and multilabel: scale and shift (Platt 1999), one for all labels. Context: a temperature (Guo et al. 2017).
    Regression: from the network's [-1, 1] to the task's unit, then least squares.
    """
    unit = _to_unit(head)
    if len(logits) < LEAST_ROWS:
        return unit
    match head.task.kind:
        case TaskKind.REGRESSION:
            return _line(logits[:, 0], targets[:, 0], unit)
        case TaskKind.CONTEXT:
            return calibrate_softmax(logits, targets.argmax(axis=1))
        case TaskKind.BINARY | TaskKind.MULTILABEL:
            return _platt(logits, targets)


def calibrate_softmax(logits: Floats, chosen: np.ndarray) -> Calibration:
    """The temperature of a softmax: logits [n, classes], chosen [n]."""
    given, wanted = torch.from_numpy(logits), torch.from_numpy(chosen.astype(np.int64))
    scale = _fit([1.0], lambda p: F.cross_entropy(given * p[0].clamp(min=LEAST_SCALE), wanted))[0]
    return Calibration(scale=max(scale, LEAST_SCALE))


def smoothed(targets: Floats) -> Floats:
    """Targets 0/1 as Platt (1999) fits them: (P + 1) / (P + 2) of P positives, 1 / (N + 2) of N negatives.

    So labels that are all alike, or that the logits part without error, keep scale and shift small.
    """
    positive = targets > 0.5
    p, n = int(positive.sum()), int((~positive).sum())
    return np.where(positive, (p + 1) / (p + 2), 1 / (n + 2)).astype(np.float32)


def _platt(logits: Floats, targets: Floats) -> Calibration:
    given, wanted = torch.from_numpy(logits), torch.from_numpy(smoothed(targets))
    scale, shift = _fit(
        [1.0, 0.0],
        lambda p: F.binary_cross_entropy_with_logits(given * p[0].clamp(min=LEAST_SCALE) + p[1], wanted),
    )
    return Calibration(scale=max(scale, LEAST_SCALE), shift=shift)


def _line(logits: Floats, targets: Floats, unit: Calibration) -> Calibration:
    spread = float(np.var(logits))
    covariance = float(np.mean((logits - logits.mean()) * (targets - targets.mean())))
    if spread <= 0 or covariance <= 0:
        return unit
    scale = covariance / spread
    return Calibration(scale=scale, shift=float(targets.mean() - scale * logits.mean()))


def _to_unit(head: Head) -> Calibration:
    """The network's own scale: [-1, 1] to the range for a regression, unchanged for the others."""
    if head.task.kind is not TaskKind.REGRESSION or head.task.range is None:
        return Calibration()
    low, high = head.task.range
    return Calibration(scale=(high - low) / 2, shift=(high + low) / 2)


def _fit(start: list[float], loss_of: Callable[[Tensor], Tensor]) -> list[float]:
    """Minimise a smooth convex loss of a few parameters."""
    parameters = torch.tensor(start, requires_grad=True)
    optimiser = torch.optim.LBFGS([parameters], max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss: Tensor = loss_of(parameters)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    return [float(value) for value in parameters.detach()]
