"""Steps whose batch is shared out over processes: each updates its weights by the mean gradient of the whole batch."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.job.training_config import TrainingConfig
from models.training.batches import Windows
from models.training.checkpoint import TrainingState
from models.training.objective import Balance
from models.training.process_group import ProcessGroup
from models.training.steps import BatchSteps, Lesson, StartSteps, start_batch_steps


@dataclass(frozen=True, slots=True)
class ParallelSteps:
    """The steps of one process of a group.

    A process weighs by the weights of its events in the loss of `next`, whose full softmax then has the gradient of the
    batch in one process (synchronous data parallelism, Goyal et al. 2017). Heads learn from events that each process
    draws, and sampled items are those of its share. A share of which nothing was taken weighs 1, for its heads.
    """

    steps: BatchSteps
    names: tuple[str, ...]  # of the losses
    group: ProcessGroup

    @property
    def state(self) -> TrainingState:
        """The state that the steps update."""
        return self.steps.state

    def draw_batches(self, random: np.random.Generator) -> list[Windows]:
        """The same batches in every process."""
        return self.steps.draw_batches(random)

    def take(self, windows: Windows, random: torch.Generator) -> dict[str, float]:
        """Differentiate this process's share of the windows, and update the weights by all processes' gradients."""
        mine = self.group.share(windows)
        self.state.optimiser.zero_grad(set_to_none=True)
        losses, weight = self.steps.differentiate(mine, random) if len(mine) else ({}, 0.0)
        means = torch.tensor([losses.get(name, 0.0) for name in self.names])
        means = average_gradients(
            self._list_weights(), means, max(weight, 1.0) if len(mine) else 0.0, self.group
        )
        self.steps.update()
        return dict(zip(self.names, means.tolist(), strict=True))

    def _list_weights(self) -> list[Tensor]:
        return [weight for group in self.state.optimiser.param_groups for weight in group["params"]]


def average_gradients(weights: list[Tensor], losses: Tensor, share: float, group: ProcessGroup) -> Tensor:
    """Set the gradients of the weights to the mean over all processes, each weighing by its share >= 0.

    A weight without a gradient in every process has none afterwards. Returns the means of the losses [n].
    """
    gradients = [torch.zeros_like(weight) if weight.grad is None else weight.grad for weight in weights]
    found = torch.tensor([float(weight.grad is not None) for weight in weights])
    own = torch.cat([gradient.detach().flatten().cpu() for gradient in gradients] + [losses])
    total = group.add_up(torch.cat([own * share, found, torch.tensor([share])]))
    means, found, count = torch.split(total, [len(own), len(weights), 1])
    means = means / count
    *averages, mean_losses = torch.split(means, [*(weight.numel() for weight in weights), len(losses)])
    for weight, average, has_gradient in zip(weights, averages, found.tolist(), strict=True):
        weight.grad = average.view_as(weight).to(weight.device) if has_gradient else None
    return mean_losses


def start_parallel(group: ProcessGroup) -> StartSteps:
    """The steps of a training in the processes of a group."""

    def start(lesson: Lesson, balance: Balance, config: TrainingConfig) -> ParallelSteps:
        return ParallelSteps(start_batch_steps(lesson, balance, config), tuple(balance.weights), group)

    return start
