"""The privacy account of a run: the noise that keeps the budget, the loss so far, and the secret randomness."""

import secrets
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from opacus.accountants import RDPAccountant
from opacus.accountants.utils import get_noise_multiplier

from models.job.errors import JobError
from models.job.training_config import PrivacyConfig, TrainingConfig

EPSILON_TOLERANCE = 0.01
"""The share of the budget that the search for the noise multiplier may leave unspent."""
ORDERS = [*(1 + x / 4 for x in range(1, 28)), *range(8, 64), *(2**n for n in range(6, 11))]
"""The orders of the Rényi divergence. Each gives an upper bound of epsilon, and the least one counts."""
TWISTER_OFFSET, TWISTER_WORDS = 24, 624
"""Where the state of the CPU generator has the words of the Mersenne Twister, 8 bytes each (CPUGeneratorImpl.cpp)."""


@dataclass(frozen=True, slots=True)
class PrivacyLoss:
    """The privacy loss of all steps so far, and the settings of their noise."""

    epsilon: float
    delta: float
    budget: float  # the epsilon that the job allows
    noise_multiplier: float  # deviation of the noise, relative to max_grad_norm
    max_grad_norm: float
    sample_rate: float
    steps: int


@dataclass(frozen=True, slots=True)
class PrivacyAccount:
    """The accountant of all trainings of a run: each step is a Poisson-subsampled Gaussian mechanism over users.

    Source: Abadi et al. 2016; the Rényi accountant of Opacus (Mironov 2017; Mironov, Talwar, Zhang 2019). Two logs are
    neighbours if one has all events of a user and the other has none (add or remove a user).
    """

    config: PrivacyConfig
    sample_rate: float  # the probability with which a step has a user
    noise_multiplier: float
    accountant: RDPAccountant
    random: torch.Generator
    """Draws users, noise and the seeds of dropout. Its state must stay secret: it tells the noise."""

    @classmethod
    def open(
        cls, config: TrainingConfig, users: int, refreshes: int, device: torch.device
    ) -> "PrivacyAccount":
        """The account of training over `users` and of `refreshes`, with the noise that spends the budget in all epochs.

        Raises JobError for a delta that is too large or an epsilon that no noise can keep.
        """
        privacy = config.privacy
        if privacy is None:
            raise ValueError("expected training.privacy, given none")
        if privacy.delta * users >= 1:
            raise JobError(
                f"training.privacy.delta: expected less than 1 / {users:,}, the number of users to learn from, "
                f"given {privacy.delta:g}"
            )
        rate = min(config.batch_size / max(users, 1), 1.0)
        epochs = config.epochs + refreshes * config.refresh_epochs
        noise = find_noise_multiplier(privacy, rate, epochs * steps_per_epoch(rate))
        return cls(privacy, rate, noise, RDPAccountant(), open_secret_random(device))

    @property
    def steps_per_epoch(self) -> int:
        """The steps in which a user is drawn once on average."""
        return steps_per_epoch(self.sample_rate)

    def draw_users(self, count: int) -> torch.Tensor:
        """Poisson sampling: ascending numbers below `count`, each with probability `sample_rate`; possibly none."""
        drawn = torch.rand(count, generator=self.random, device=self.random.device) < self.sample_rate
        return drawn.nonzero().flatten().cpu()

    def draw_seed(self) -> int:
        """A secret seed for dropout."""
        return int(torch.randint(2**62, (), generator=self.random, device=self.random.device))

    def record_step(self) -> None:
        """Add the loss of one step."""
        self.accountant.step(noise_multiplier=self.noise_multiplier, sample_rate=self.sample_rate)

    def measure_loss(self) -> PrivacyLoss:
        """The loss of all steps so far."""
        steps = sum(count for _, _, count in self.accountant.history)
        return PrivacyLoss(
            epsilon=measure_epsilon(self.accountant, self.config.delta) if steps else 0.0,
            delta=self.config.delta,
            budget=self.config.epsilon,
            noise_multiplier=self.noise_multiplier,
            max_grad_norm=self.config.max_grad_norm,
            sample_rate=self.sample_rate,
            steps=steps,
        )

    def state_dict(self) -> dict[str, Any]:
        """The accountant's history and the state of the randomness, for a checkpoint."""
        return {"history": list(self.accountant.history), "random": self.random.get_state()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a state of `state_dict`, in place."""
        self.accountant.history[:] = [(noise, rate, count) for noise, rate, count in state["history"]]
        self.random.set_state(state["random"])


def steps_per_epoch(sample_rate: float) -> int:
    """The steps in which a user is drawn once on average."""
    return max(round(1 / sample_rate), 1)


def open_secret_random(device: torch.device) -> torch.Generator:
    """A generator that begins with randomness of the operating system.

    On the CPU a seed sets 32 bits only, which can be searched; there all words of the Mersenne Twister are set.
    """
    random = torch.Generator(device).manual_seed(secrets.randbits(63))
    if device.type == "cpu":
        state = random.get_state()
        words = [secrets.randbits(32) for _ in range(TWISTER_WORDS)]
        state[TWISTER_OFFSET : TWISTER_OFFSET + 8 * TWISTER_WORDS].view(torch.int64).copy_(
            torch.tensor(words)
        )
        random.set_state(state)
    return random


def find_noise_multiplier(privacy: PrivacyConfig, sample_rate: float, steps: int) -> float:
    """The least noise that keeps the budget over `steps`; raises JobError if none does."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            noise = get_noise_multiplier(
                target_epsilon=privacy.epsilon,
                target_delta=privacy.delta,
                sample_rate=sample_rate,
                steps=steps,
                accountant="rdp",
                epsilon_tolerance=EPSILON_TOLERANCE * privacy.epsilon,
                alphas=ORDERS,
            )
    except ValueError as error:
        raise JobError(
            f"training.privacy.epsilon: expected a budget that {steps:,} steps can keep, "
            f"given {privacy.epsilon:g} with delta {privacy.delta:g}"
        ) from error
    return float(noise)


def measure_epsilon(accountant: RDPAccountant, delta: float) -> float:
    """The epsilon of all recorded steps: an upper bound, also where Opacus warns that another order might be closer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return float(accountant.get_epsilon(delta=delta, alphas=ORDERS))
