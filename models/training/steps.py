"""The steps of a run: the batches of an epoch, and one optimiser step on a batch of windows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from models.job.training_config import TrainingConfig
from models.network.model import ChorusNetwork
from models.training.batches import Windows, collate, shuffled_batches
from models.training.checkpoint import TrainingState
from models.training.corpus import Corpus
from models.training.objective import Balance, Tables, batch_losses
from models.training.optimiser import StepPlan, build_optimiser
from models.training.precision import autocast
from models.training.weight_average import average_weights

GRADIENT_NORM = 1.0
"""Gradients are clipped to this norm."""
MIN_STEPS = 64
"""Approximate minimum of steps per epoch: with fewer, a small log would hardly change the weights."""
MIN_WINDOW_EVENTS = 8
"""A batch has at least batch_size times this many events."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """The network, the windows to learn from, the corpus parts that they predict, and the tables of all batches."""

    network: ChorusNetwork
    corpus: Corpus
    windows: Windows
    parts: frozenset[int]
    tables: Tables


class Steps(Protocol):
    """How a run learns from its windows."""

    @property
    def state(self) -> TrainingState:
        """The state that the steps update."""
        ...

    def draw_batches(self, random: np.random.Generator) -> list[Windows]:
        """Draw the windows of each step of an epoch."""
        ...

    def take(self, windows: Windows, random: torch.Generator) -> dict[str, float]:
        """Update the weights once; returns the mean losses by task, empty if the step has no window."""
        ...


StartSteps = Callable[[Lesson, Balance, TrainingConfig], Steps]
"""Builds the optimiser and the steps of a run."""


@dataclass(frozen=True, slots=True)
class BatchSteps:
    """Steps on random batches of windows of similar length, with the gradient of their mean loss."""

    lesson: Lesson
    state: TrainingState
    batch_events: int

    def draw_batches(self, random: np.random.Generator) -> list[Windows]:
        """All windows once."""
        return shuffled_batches(self.lesson.windows, self.batch_events, random)

    def take(self, windows: Windows, random: torch.Generator) -> dict[str, float]:
        """Make one optimiser step on the mean loss of the batch."""
        self.state.optimiser.zero_grad(set_to_none=True)
        losses, _ = self.differentiate(windows, random)
        self.update()
        return losses

    def differentiate(self, windows: Windows, random: torch.Generator) -> tuple[dict[str, float], float]:
        """Add the gradients of the mean loss of the batch; returns its losses and the weight of its events."""
        tables = self.lesson.tables
        batch = collate(self.lesson.corpus, windows, self.lesson.parts).to(tables.statistics.device)
        with autocast(tables.statistics.device):
            losses = batch_losses(self.lesson.network, batch, tables, random)
            total = self.state.balance(losses)
        total.backward()
        return {name: float(loss.detach()) for name, loss in losses.items()}, float(batch.weights.sum())

    def update(self) -> None:
        """Change the weights by their gradients."""
        state = self.state
        torch.nn.utils.clip_grad_norm_(state.network.parameters(), GRADIENT_NORM)
        state.optimiser.step()
        state.schedule.step()
        if state.average is not None:
            state.average.update_parameters(state.network)


def start_batch_steps(lesson: Lesson, balance: Balance, config: TrainingConfig) -> BatchSteps:
    """The steps of training without privacy."""
    if config.privacy is not None:
        raise ValueError("expected private steps for a job with training.privacy, given steps on batches")
    network = lesson.network
    events = count_batch_events(lesson.windows, config.batch_size, network.config.history_length)
    batches = shuffled_batches(lesson.windows, events, np.random.default_rng(config.seed))
    plan = StepPlan(len(batches) * config.epochs, events)
    optimiser, schedule = build_optimiser(network, balance, config, plan)
    average = average_weights(network)
    return BatchSteps(lesson, TrainingState(network, balance, optimiser, schedule, average), events)


def count_batch_events(
    windows: Windows, batch_size: int, history_length: int, least_steps: int = MIN_STEPS
) -> int:
    """The events of a batch: those of about batch_size full windows, or fewer on a small log."""
    events = int((windows.stop - windows.start).sum())
    small_log_size = max(events // least_steps, MIN_WINDOW_EVENTS * batch_size)
    return min(batch_size * history_length, small_log_size)
