"""Logged lists as arrays: what each place earned, and how likely its item was under the logged and target policies."""

from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Doubles, Indices, Mask


@dataclass(frozen=True, slots=True, eq=False)
class LoggedLists:
    """n lists of up to m places. A place that a list lacks has the propensities 1 and no reward."""

    reward: Doubles  # [n, m]
    logged: Doubles  # [n, m] probability of the item at its place given those above, under the logged policy; above 0
    target: Doubles  # [n, m] the same under the target policy
    present: Mask  # [n, m]
    users: Indices  # [n] the lists of one user have one number, from 0
    predicted: Doubles  # [n, m] the reward model's reward of the item at its place
    expected: Doubles  # [n, m] the same on average over the target policy, given the items above

    def __post_init__(self) -> None:
        shape = self.reward.shape
        for name in ("logged", "target", "present", "predicted", "expected"):
            given = getattr(self, name).shape
            if given != shape:
                raise ValueError(f"expected {name} of the shape {shape}, given {given}")
        if len(shape) != 2 or not len(self.reward) or self.users.shape != shape[:1]:
            raise ValueError(f"expected lists [n, m] with n users, given {shape} and {self.users.shape}")
        if not (self.logged > 0).all():
            raise ValueError("expected logged propensities above 0, given others")

    @property
    def weights(self) -> Doubles:
        """[n, m] how much likelier the list down to each place is under the target policy."""
        return np.asarray(np.cumprod(self.target / self.logged, axis=1))

    @property
    def earlier_weights(self) -> Doubles:
        """[n, m] the same for the places above each place."""
        return np.concatenate([np.ones((len(self.reward), 1)), self.weights[:, :-1]], axis=1)
