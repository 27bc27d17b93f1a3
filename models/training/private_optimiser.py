"""The private optimiser: clip each user's gradient, sum them, add Gaussian noise, step (DP-SGD, Abadi et al. 2016)."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from opacus.optimizers import DPOptimizer
from torch import Tensor, nn

from models.training.privacy_account import PrivacyAccount


@dataclass(frozen=True, slots=True)
class PrivateOptimiser:
    """Opacus' optimiser, fed with one gradient a user."""

    optimiser: DPOptimizer
    account: PrivacyAccount

    @classmethod
    def wrap(
        cls, optimiser: torch.optim.Optimizer, account: PrivacyAccount, users: int
    ) -> "PrivateOptimiser":
        """Wrap an optimiser for a log of `users`: sums are divided by the expected users of a step, not the drawn ones.

        The noise is the mean of several draws, against attacks on the gaps between floats (Holohan, Braghin 2021).
        """
        wrapped = DPOptimizer(
            optimiser,
            noise_multiplier=account.noise_multiplier,
            max_grad_norm=account.config.max_grad_norm,
            expected_batch_size=account.sample_rate * users,
            generator=account.random,
            secure_mode=True,
        )
        return cls(wrapped, account)

    @property
    def weights(self) -> list[nn.Parameter]:
        """The weights that are trained."""
        return list(self.optimiser.params)

    def add_users(self, gradients: Sequence[Sequence[Tensor | None]]) -> None:
        """Add the gradients of some users, each clipped to max_grad_norm over all weights.

        A user has one tensor a weight, None for zero.
        """
        samples = zip(*gradients, strict=True)  # weight by weight
        self._accumulate(
            [
                torch.stack([torch.zeros_like(weight) if sample is None else sample for sample in users])
                for weight, users in zip(self.weights, samples, strict=True)
            ],
            skip=True,
        )

    def step(self) -> None:
        """Add noise to the sum of the clipped gradients, update the weights, and record the step's privacy loss.

        A step without a user adds noise all the same: that nobody was drawn must not show.
        """
        self.account.record_step()
        self._accumulate([weight.new_zeros((0, *weight.shape)) for weight in self.weights], skip=False)

    def _accumulate(self, samples: Sequence[Tensor], *, skip: bool) -> None:
        for weight, sample in zip(self.weights, samples, strict=True):
            weight.grad_sample = sample  # type: ignore[attr-defined]
        self.optimiser.signal_skip_step(skip)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
