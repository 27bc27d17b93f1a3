"""Private steps (DP-SGD): Poisson-sampled users, one clipped gradient a user, Gaussian noise on their sum."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.contract.arrays import Indices
from models.contract.feature_spec import FieldKind
from models.job.training_config import TrainingConfig
from models.training.batches import Windows, collate
from models.training.checkpoint import TrainingState
from models.training.objective import Balance, batch_losses
from models.training.optimiser import StepPlan, build_optimiser
from models.training.privacy_account import PrivacyAccount
from models.training.private_network import clear_unread_weights, prepare_network
from models.training.private_optimiser import PrivateOptimiser
from models.training.steps import Lesson

Gradients = tuple[Tensor | None, ...]
CHUNK = 32
"""Users whose gradients are held in memory together."""
MAX_USER_WINDOWS = 8
"""The most windows that a user's gradient is computed from; of a longer history the newest count."""


@dataclass(frozen=True, slots=True)
class PrivateSteps:
    """Steps whose sample is a user: no gradient mixes the events of two users before it is clipped.

    The tables must hold no statistics of the log, and the whole catalogue as negatives.
    """

    lesson: Lesson
    state: TrainingState
    optimiser: PrivateOptimiser

    def draw_batches(self, random: np.random.Generator) -> list[Windows]:
        """Draw the users of each step; a user is in a step or not, independently of all others and of `random`."""
        account, windows = self.optimiser.account, self.lesson.windows
        torch.manual_seed(
            account.draw_seed()
        )  # for dropout: a public seed would reveal the order of the users
        users = group_by_user(windows)
        drawn = (account.draw_users(len(users)).tolist() for _ in range(account.steps_per_epoch))
        return [windows.take(np.concatenate([_NONE, *(users[user] for user in step)])) for step in drawn]

    def take(self, windows: Windows, random: torch.Generator) -> dict[str, float]:
        """Make one optimiser step; returns the drawn users' mean losses, which are not private."""
        sums: dict[str, float] = {}
        users = list(split_by_user(windows))
        for start in range(0, len(users), CHUNK):
            chunk = [
                self.differentiate(user_windows, random) for user_windows in users[start : start + CHUNK]
            ]
            self.optimiser.add_users([gradients for _, gradients in chunk])
            for losses, _ in chunk:
                for name, loss in losses.items():
                    sums[name] = sums.get(name, 0.0) + loss / len(users)
        self.optimiser.step()
        self.state.schedule.step()
        clear_unread_weights(self.lesson.network)
        return sums

    def differentiate(self, windows: Windows, random: torch.Generator) -> tuple[dict[str, float], Gradients]:
        """A user's mean losses, and the gradient of their weighted sum, one tensor a trained weight."""
        tables, weights = self.lesson.tables, self.optimiser.weights
        batch = collate(self.lesson.corpus, windows, self.lesson.parts).to(tables.statistics.device)
        losses = batch_losses(self.lesson.network, batch, tables, random)
        gradients = torch.autograd.grad(self.state.balance(losses), weights, allow_unused=True)
        return {name: float(loss.detach()) for name, loss in losses.items()}, gradients


@dataclass(frozen=True, slots=True)
class PrivateTraining:
    """Private training of a run, whose trainings share one account."""

    account: PrivacyAccount

    def start(self, lesson: Lesson, balance: Balance, config: TrainingConfig) -> PrivateSteps:
        """The private steps of one training of the run."""
        network = lesson.network
        user_text = any(field.kind is FieldKind.TEXT for field in lesson.corpus.spec.user_fields)
        prepare_network(network, user_text)
        plan = StepPlan(config.epochs * self.account.steps_per_epoch, events=0, warm_up=1)
        optimiser, schedule = build_optimiser(network, balance, config, plan)
        private = PrivateOptimiser.wrap(optimiser, self.account, len(group_by_user(lesson.windows)))
        state = TrainingState(network, balance, optimiser, schedule, account=self.account)
        return PrivateSteps(lesson, state, private)


_NONE: Indices = np.zeros(0, dtype=np.int64)


def group_by_user(windows: Windows) -> list[Indices]:
    """The rows of each user's newest windows, of windows that are sorted by user."""
    bounds = np.flatnonzero(np.diff(windows.users)) + 1
    return [rows[-MAX_USER_WINDOWS:] for rows in np.split(np.arange(len(windows)), bounds) if len(rows)]


def split_by_user(windows: Windows) -> Iterator[Windows]:
    """Yield the windows of each user, of windows that are sorted by user."""
    for rows in group_by_user(windows):
        yield windows.take(rows)
