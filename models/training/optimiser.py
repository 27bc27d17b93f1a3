"""The optimiser: AdamW with weight decay on matrices, and a warm-up and cosine schedule."""

from typing import Any

import numpy as np
from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR

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
    return optimiser, LambdaLR(optimiser, lambda step: rate_factor(step, steps, warm_up))


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
