"""Muon for the matrices inside the user tower, AdamW for all other weights, as one optimiser.

Muon (Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks") replaces the momentum of a matrix
by the nearest orthogonal one, so that every direction is learned at the same pace. torch has it for matrices alone,
in bfloat16, which is slow on most processors; here it shares the schedule and the checkpoint with AdamW.
"""

from collections.abc import Callable
from typing import overload

import torch
from torch import Tensor
from torch.optim import AdamW

MOMENTUM = 0.95
ITERATIONS = 5
QUINTIC = (3.4445, -4.7750, 2.0315)
"""The coefficients of the iteration, by Jordan et al.: singular values end between 0.7 and 1.2."""
ORTHOGONAL = "orthogonal"
"""The key of a parameter group whose matrices Muon updates."""


class MuonAdamW(AdamW):
    """AdamW (Loshchilov & Hutter 2019) whose groups with `orthogonal` True are updated by Muon instead.

    A subclass, since schedules, checkpoints and private training want one torch optimiser. A step takes away the
    gradients that Muon has used, so that AdamW leaves their weights out.
    """

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Update all weights with a gradient."""
        if closure is not None:
            raise ValueError("expected a step without a closure: Muon reads the gradients that are there")
        for group in self.param_groups:
            if group[ORTHOGONAL]:
                for weight in group["params"]:
                    self._update_matrix(weight, group["lr"], group["weight_decay"])
        super().step()
        return None

    def _update_matrix(self, weight: Tensor, rate: float, decay: float) -> None:
        if weight.grad is None:
            return
        state: dict[str, Tensor] = self.state[weight]
        if not state:  # AdamW reads a step of every state that it loads
            state |= {"step": torch.zeros(()), "momentum": torch.zeros_like(weight)}
        momentum = state["momentum"]
        momentum.lerp_(weight.grad, 1 - MOMENTUM)
        ahead = weight.grad.lerp(momentum, MOMENTUM)  # Nesterov's
        weight.mul_(1 - rate * decay)
        rows, columns = weight.shape
        weight.add_(orthogonalise(ahead), alpha=-rate * max(1.0, rows / columns) ** 0.5)
        weight.grad = None


def orthogonalise(matrix: Tensor) -> Tensor:
    """A matrix [n, m] with the singular vectors of the given one, and singular values between about 0.7 and 1.2.

    By five Newton-Schulz iterations; a matrix of zeros stays as it is.
    """
    x = matrix if len(matrix) <= matrix.shape[1] else matrix.T
    x = x / x.norm().clamp(min=1e-7)
    linear, cubic, fifth = QUINTIC
    for _ in range(ITERATIONS):
        gram = x @ x.T
        x = linear * x + (cubic * gram + fifth * gram @ gram) @ x
    return x if len(matrix) <= matrix.shape[1] else x.T
