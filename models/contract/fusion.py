"""Several heads -> one score, as a sum of one contribution a head. One definition for offline and online."""

from collections.abc import Mapping
from enum import StrEnum

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.contract.arrays import Floats
from models.contract.tasks import NEXT

TINY = 1e-12


class FusionMethod(StrEnum):
    """How the heads are brought together."""

    WEIGHTED_MEAN = "weighted_mean"  # of utilities, weights searched for ranking quality
    VOTE = "vote"  # every head gives each candidate its rank's share (Borda 1784)
    STACKING = "stacking"  # weights of a logistic meta-learner over the utilities (Wolpert 1992)


class Utility(BaseModel):
    """A head's value on a common scale: (v - low) / (high - low), of log v where `log`. Strictly increasing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: float
    high: float
    log: bool = False

    @model_validator(mode="after")
    def check_order(self) -> "Utility":
        if not self.low < self.high:
            raise ValueError(f"expected low < high, given {self.low} and {self.high}")
        return self

    def of(self, values: Floats) -> Floats:
        """Utilities [n] of values [n]: about 0 for the worst candidates seen on validation, 1 for the best."""
        raw = np.log(np.maximum(values, TINY)) if self.log else values
        return np.asarray((raw - self.low) / (self.high - self.low), dtype=np.float32)


class Fusion(BaseModel):
    """Fitted on validation: each head's utility scale, and the weights used where a request names none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: FusionMethod = FusionMethod.WEIGHTED_MEAN
    utilities: dict[str, Utility]
    weights: dict[str, float] = Field(default_factory=lambda: {NEXT: 1.0})


def contributions(
    fusion: Fusion, values: Mapping[str, Floats], weights: Mapping[str, float]
) -> dict[str, Floats]:
    """Per head [n]: weight / sum of |weights|, times the head's utility. They add up to the fused score.

    Heads without a weight contribute 0. Raises ValueError for a weight of an unknown head, or all zero.
    """
    unknown = set(weights) - set(values)
    if unknown:
        raise ValueError(f"expected weights of {sorted(values)}, given {sorted(unknown)}")
    total = sum(abs(weight) for weight in weights.values())
    if total == 0:
        raise ValueError("expected at least one weight other than 0, given none")
    found = {}
    for name, value in values.items():
        share = np.float32(weights.get(name, 0.0) / total)
        found[name] = np.asarray(share * _scaled(fusion, name, value), dtype=np.float32)
    return found


def fuse(parts: Mapping[str, Floats]) -> Floats:
    """The fused score [n]: the sum of the contributions."""
    return np.asarray(np.sum(np.stack(list(parts.values())), axis=0), dtype=np.float32)


def _scaled(fusion: Fusion, name: str, values: Floats) -> Floats:
    if fusion.method is not FusionMethod.VOTE:
        return fusion.utilities[name].of(values)
    _, place = np.unique(values, return_inverse=True)  # equal values share a place
    return np.asarray((place + 1) / max(int(place.max(initial=0)) + 1, 1), dtype=np.float32)
