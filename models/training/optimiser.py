"""The optimiser: AdamW with weight decay on matrices, and a warm-up and cosine schedule."""

from typing import Any

import numpy as np
from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from models.job.training_config import TrainingConfig

WARM_UP_STEPS = 50
"""Steps over which the learning rate rises linearly."""
FINAL_RATE = 0.1
"""The learning rate of the last step, as a share of the configured one."""


def build_optimiser(
    network: nn.Module, balance: nn.Module, config: TrainingConfig, steps: int, warm_up: int = WARM_UP_STEPS
) -> tuple[AdamW, LambdaLR]:
    """AdamW (Loshchilov & Hutter 2019) and its learning-rate schedule for a run of `steps` steps."""
    optimiser = AdamW(parameter_groups(network, balance, config.weight_decay), lr=config.learning_rate)
    return optimiser, LambdaLR(optimiser, RateSchedule(steps, warm_up))


class RateSchedule:
    """The learning rate at a step as a share of the configured one, for LambdaLR.

    `planned` is the share (0, 1] of the steps after which the rate is at its last value: below 1 where the time limit
    leaves no room for all of them. A rate that is still high when training ends costs quality (Li et al. 2020,
    "Budgeted training"). An object rather than a function, so that a checkpoint has its state.
    """

    def __init__(self, steps: int, warm_up: int = WARM_UP_STEPS) -> None:
        self.steps, self.warm_up, self.planned = steps, warm_up, 1.0

    def __call__(self, step: int) -> float:
        """See `rate_factor`."""
        return rate_factor(step, round(self.steps * self.planned), self.warm_up)


def plan_schedule(schedule: LRScheduler, share: float) -> None:
    """Let the learning rate of the next steps fall to its last value after the share (0, 1] of all steps."""
    if not 0 < share <= 1:
        raise ValueError(f"expected a share of the steps above 0 and at most 1, given {share}")
    for rate in getattr(schedule, "lr_lambdas", ()):
        if isinstance(rate, RateSchedule):
            rate.planned = share


def parameter_groups(network: nn.Module, balance: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Two parameter groups: matrices of linear maps, with weight decay; all other parameters, without."""
    tables = {id(module.weight) for module in network.modules() if isinstance(module, nn.Embedding)}
    decayed = [weight for weight in network.parameters() if weight.ndim > 1 and id(weight) not in tables]
    decayed_ids = set(map(id, decayed))
    others = [
        weight for weight in (*network.parameters(), *balance.parameters()) if id(weight) not in decayed_ids
    ]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def rate_factor(step: int, steps: int, warm_up: int = WARM_UP_STEPS) -> float:
    """The learning rate at a step as a share of the configured one: linear warm-up, then a cosine to FINAL_RATE."""
    middle, swing = (1 + FINAL_RATE) / 2, (1 - FINAL_RATE) / 2
    cosine = float(np.cos(np.pi * min(step / max(steps, 1), 1.0)))
    return min((step + 1) / warm_up, middle + swing * cosine)
