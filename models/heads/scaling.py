"""Scale and shift of logits, fitted on held-out rows: Platt scaling and the temperature of a softmax."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from models.contract.arrays import Floats
from models.contract.calibration import Calibration

STEPS = 60
LEAST_SCALE = 1e-2
"""A scale is never below this, so that a calibration keeps the order of the logits."""


def fit_platt(logits: Floats, targets: Floats) -> Calibration:
    """Scale and shift of a sigmoid (Platt 1999), one for all columns: logits and targets 0/1 [n, width]."""
    x, y = torch.from_numpy(logits), torch.from_numpy(smooth_targets(targets))
    scale, shift = _minimise(
        [1.0, 0.0],
        lambda p: F.binary_cross_entropy_with_logits(x * p[0].clamp(min=LEAST_SCALE) + p[1], y),
    )
    return Calibration(scale=max(scale, LEAST_SCALE), shift=shift)


def fit_temperature(logits: Floats, classes: NDArray[np.integer]) -> Calibration:
    """The temperature of a softmax (Guo et al. 2017): logits [n, C], the class numbers [n] that came true."""
    x, y = torch.from_numpy(logits), torch.from_numpy(classes.astype(np.int64))
    (scale,) = _minimise([1.0], lambda p: F.cross_entropy(x * p[0].clamp(min=LEAST_SCALE), y))
    return Calibration(scale=max(scale, LEAST_SCALE))


def smooth_targets(targets: Floats) -> Floats:
    """Targets 0/1 as Platt (1999) fits them: (P + 1) / (P + 2) for each of P positives, 1 / (N + 2) for N negatives.

    They keep scale and shift small where all labels are alike or the logits separate them without error.
    """
    positive = targets > 0.5
    p, n = int(positive.sum()), int((~positive).sum())
    return np.where(positive, (p + 1) / (p + 2), 1 / (n + 2)).astype(np.float32)


def keep_scale(_task: object) -> Calibration:
    """The logits as they are: the network's own scale of a sigmoid or softmax."""
    return Calibration()


def _minimise(start: list[float], loss_of: Callable[[Tensor], Tensor]) -> list[float]:
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
