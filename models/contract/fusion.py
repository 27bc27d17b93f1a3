"""Score fusion: the heads' values on a common scale, weighted and summed into one score."""

from collections.abc import Mapping
from enum import StrEnum

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.contract.arrays import Floats
from models.contract.tasks import NEXT

TINY = 1e-12


class FusionMethod(StrEnum):
    """How the values of several heads become one score."""

    WEIGHTED_MEAN = "weighted_mean"  # of utilities; the weights maximise ranking quality on validation
    VOTE = "vote"  # of rank shares: a candidate's rank within each head (Borda 1784)
    STACKING = "stacking"  # the weights of a logistic meta-learner over the utilities (Wolpert 1992)


class Utility(BaseModel):
    """A head's value on a common scale: (v - low) / (high - low), with log v for v if `log`. Strictly increasing."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    low: float
    high: float
    log: bool = False

    @model_validator(mode="after")
    def check_order(self) -> "Utility":
        if not self.low < self.high:
            raise ValueError(f"expected low < high, given {self.low} and {self.high}")
        return self

    def of(self, values: Floats) -> Floats:
        """Utilities [n] of values [n]: about 0 for the worst candidates on validation, 1 for the best."""
        raw = np.log(np.maximum(values, TINY)) if self.log else values
        return np.asarray((raw - self.low) / (self.high - self.low), dtype=np.float32)


class Fusion(BaseModel):
    """The fitted fusion: each head's utility scale, and the weights for a request without weights."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    method: FusionMethod = FusionMethod.WEIGHTED_MEAN
    utilities: dict[str, Utility]
    weights: dict[str, float] = Field(default_factory=lambda: {NEXT: 1.0})


def contributions(
    fusion: Fusion, values: Mapping[str, Floats], weights: Mapping[str, float]
) -> dict[str, Floats]:
    """Contribution [n] of each head to the score: weight / sum of |weights|, times the head's utility.

    The contributions add up to the fused score. Heads without a weight contribute 0. Raises ValueError for a weight of
    an unknown head, or if all weights are 0.
    """
    unknown = set(weights) - set(values)
    if unknown:
        raise ValueError(f"expected weights of {sorted(values)}, given {sorted(unknown)}")
    total = sum(abs(weight) for weight in weights.values())
    if total == 0:
        raise ValueError("expected at least one weight other than 0, given none")
    by_head = {}
    for name, value in values.items():
        share = np.float32(weights.get(name, 0.0) / total)
        by_head[name] = np.asarray(share * _scale(fusion, name, value), dtype=np.float32)
    return by_head


def fuse(parts: Mapping[str, Floats]) -> Floats:
    """The fused score [n]: the sum of the contributions [n] of all heads."""
    return np.asarray(np.sum(np.stack(list(parts.values())), axis=0), dtype=np.float32)


def _scale(fusion: Fusion, name: str, values: Floats) -> Floats:
    """A head's values [n] on the common scale: utilities, or rank shares in (0, 1] for a vote."""
    if fusion.method is not FusionMethod.VOTE:
        return fusion.utilities[name].of(values)
    _, rank = np.unique(values, return_inverse=True)  # equal values share a rank
    return np.asarray((rank + 1) / max(int(rank.max(initial=0)) + 1, 1), dtype=np.float32)
