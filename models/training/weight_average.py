"""The moving average of the weights over the steps, which is better on held-out events than the weights of any step.

Source: Polyak & Juditsky 1992; the decay that grows with the steps is that of Tarvainen & Valpola 2017 in TensorFlow's
ExponentialMovingAverage.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

MOST_DECAY = 0.999
"""The share that the average keeps in a step, once there were many."""


def average_weights(network: nn.Module) -> AveragedModel:
    """A copy of the network for the average of its weights; `update_parameters` takes the weights after a step."""
    return AveragedModel(network, multi_avg_fn=_blend)


def decay_after(steps: float) -> float:
    """The share that the average keeps after so many steps: about the last tenth of all steps counts."""
    return min(MOST_DECAY, (1 + steps) / (10 + steps))


@torch.no_grad()
def _blend(averages: Sequence[Tensor], weights: Sequence[Tensor], steps: Tensor | int) -> None:
    torch._foreach_lerp_(list(averages), list(weights), 1 - decay_after(float(steps)))
