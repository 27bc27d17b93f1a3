"""The optimiser: Muon and AdamW with weight decay on matrices, and a warm-up and cosine schedule."""

from typing import Any, NamedTuple

import numpy as np
from torch import nn
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from models.job.training_config import TrainingConfig
from models.network.towers import Block
from models.training.muon import ORTHOGONAL, MuonAdamW

WARM_UP_STEPS = 50
"""Steps over which the learning rate rises linearly."""
MATRIX_RATE, WHOLE_RATE_EVENTS = 10.0, 3_200
"""The learning rate of Muon as a multiple of the configured one, and the events of a step from which on it is whole."""
LEAST_MUON_EVENTS = 1_600
"""The events of a step from which on the matrices of the blocks are Muon's: steps of small logs are mostly noise."""
FINAL_RATE = 0.1
"""The learning rate of the last step, as a share of the configured one."""


class StepPlan(NamedTuple):
    """The steps of a run, the events of each, and the steps over which the learning rate rises."""

    steps: int
    events: int  # not read for private training, whose steps have users
    warm_up: int = WARM_UP_STEPS


def build_optimiser(
    network: nn.Module, balance: nn.Module, config: TrainingConfig, plan: StepPlan
) -> tuple[MuonAdamW, LambdaLR]:
    """The optimiser of a run and its learning-rate schedule.

    With small steps and in private training all weights are AdamW's: most of their gradients is noise, which Muon would
    scale up in every direction.
    """
    groups = parameter_groups(network, balance, config.weight_decay)
    if config.privacy is None and plan.events >= LEAST_MUON_EVENTS:
        groups = separate_matrices(groups, network, matrix_rate(config.learning_rate, plan.events))
    optimiser = MuonAdamW(groups, lr=config.learning_rate)
    return optimiser, LambdaLR(optimiser, RateSchedule(plan.steps, plan.warm_up))


def matrix_rate(rate: float, events: int) -> float:
    """The learning rate of Muon for steps of so many events, from the configured one.

    A step of Muon has the same size in every direction, whether it is signal or noise, so that a small step needs a
    lower rate (docs/quality.md).
    """
    return MATRIX_RATE * rate * min(events / WHOLE_RATE_EVENTS, 1.0) ** 0.5


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
    """Two parameter groups of AdamW: matrices of linear maps, with weight decay; all other parameters, without."""
    tables = {id(module.weight) for module in network.modules() if isinstance(module, nn.Embedding)}
    decayed = [weight for weight in network.parameters() if weight.ndim > 1 and id(weight) not in tables]
    decayed_ids = set(map(id, decayed))
    others = [
        weight for weight in (*network.parameters(), *balance.parameters()) if id(weight) not in decayed_ids
    ]
    return [
        {"params": decayed, "weight_decay": weight_decay, ORTHOGONAL: False},
        {"params": others, "weight_decay": 0.0, ORTHOGONAL: False},
    ]


def separate_matrices(groups: list[dict[str, Any]], network: nn.Module, rate: float) -> list[dict[str, Any]]:
    """The groups with the matrices of the user tower's blocks in one of their own, for Muon at this rate."""
    decayed, others = groups
    blocks = [module for module in network.modules() if isinstance(module, Block)]
    inside = {id(weight) for block in blocks for weight in block.parameters()}
    matrices = [weight for weight in decayed["params"] if id(weight) in inside]
    left = [weight for weight in decayed["params"] if id(weight) not in inside]
    return [decayed | {"params": matrices, "lr": rate, ORTHOGONAL: True}, decayed | {"params": left}, others]


def rate_factor(step: int, steps: int, warm_up: int = WARM_UP_STEPS) -> float:
    """The learning rate at a step as a share of the configured one: linear warm-up, then a cosine to FINAL_RATE."""
    middle, swing = (1 + FINAL_RATE) / 2, (1 - FINAL_RATE) / 2
    cosine = float(np.cos(np.pi * min(step / max(steps, 1), 1.0)))
    return min((step + 1) / warm_up, middle + swing * cosine)
