"""Calibration fits on held-out rows: Platt scaling of a sigmoid, temperature of a softmax."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Floats
from models.contract.calibration import Calibration

if TYPE_CHECKING:
    from torch import Tensor

STEPS = 60
MIN_SCALE = 1e-2
"""Lower bound of the scale, so that a calibration keeps the order of the logits."""


def fit_platt(logits: Floats, targets: Floats) -> Calibration:
    """Fit scale and shift of a sigmoid (Platt 1999), shared by all columns, on logits and targets 0/1 [n, width]."""
    import torch
    from torch.nn import functional as F  # noqa: N812

    x, y = torch.from_numpy(logits), torch.from_numpy(smooth_targets(targets))
    scale, shift = _minimise(
        [1.0, 0.0],
        lambda p: F.binary_cross_entropy_with_logits(x * p[0].clamp(min=MIN_SCALE) + p[1], y),
    )
    return Calibration(scale=max(scale, MIN_SCALE), shift=shift)


def fit_temperature(logits: Floats, classes: NDArray[np.integer]) -> Calibration:
    """Fit the temperature of a softmax (Guo et al. 2017) on logits [n, C] and the true classes [n]."""
    import torch
    from torch.nn import functional as F  # noqa: N812

    x, y = torch.from_numpy(logits), torch.from_numpy(classes.astype(np.int64))
    (scale,) = _minimise([1.0], lambda p: F.cross_entropy(x * p[0].clamp(min=MIN_SCALE), y))
    return Calibration(scale=max(scale, MIN_SCALE))


def smooth_targets(targets: Floats) -> Floats:
    """Platt's (1999) smoothed targets: (P + 1) / (P + 2) for each of P positives, 1 / (N + 2) for each of N negatives.

    They bound scale and shift if all labels are equal or the logits separate them without error.
    """
    positive = targets > 0.5
    p, n = int(positive.sum()), int((~positive).sum())
    return np.where(positive, (p + 1) / (p + 2), 1 / (n + 2)).astype(np.float32)


def keep_scale(_task: object) -> Calibration:
    """The identity: a sigmoid or softmax of the logits as they are."""
    return Calibration()


def _minimise(start: list[float], loss_of: "Callable[[Tensor], Tensor]") -> list[float]:
    """Minimise a smooth convex loss by L-BFGS from `start`; returns the parameters."""
    import torch

    parameters = torch.tensor(start, requires_grad=True)
    optimiser = torch.optim.LBFGS([parameters], max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss: torch.Tensor = loss_of(parameters)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    return [float(value) for value in parameters.detach()]
