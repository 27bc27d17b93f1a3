"""Fuse the heads' values into one score per candidate, with the bundle's fusion and the request's weights."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Floats
from models.contract.fusion import Fusion, FusionMethod, contributions, fuse


class InvalidWeightsError(ValueError):
    """The weights cannot be used; `field` is the part of them that is wrong, such as `weights.like`."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


class UnknownWeightError(InvalidWeightsError):
    """A weight names a head that has no values."""


@dataclass(frozen=True, slots=True)
class FusedScores:
    """The scores of K candidates."""

    score: Floats  # [K]
    values: Mapping[str, Floats]  # head -> [K], finite
    contributions: Mapping[str, Floats]  # head -> [K]; they add up to the score

    def take(self, part: slice) -> "FusedScores":
        """The scores of a slice of the candidates."""
        return FusedScores(
            self.score[part],
            {name: value[part] for name, value in self.values.items()},
            {name: value[part] for name, value in self.contributions.items()},
        )


def fuse_groups(
    values: Mapping[str, Floats], sizes: Sequence[int], fusion: Fusion, weights: Mapping[str, float]
) -> list[FusedScores]:
    """Fuse head -> values [P] for groups of `sizes` candidates, which add up to P.

    A vote, and the replacement of a value that is not finite, depend on the candidates of the group.
    """
    if len(sizes) == 1:
        return [fuse_heads(values, fusion, weights)]
    ends = np.cumsum(sizes).tolist()
    parts = [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]
    separable = fusion.method is not FusionMethod.VOTE
    if separable and all(np.isfinite(value).all() for value in values.values()):
        whole = fuse_heads(values, fusion, weights)
        return [whole.take(part) for part in parts]
    return [
        fuse_heads({name: value[part] for name, value in values.items()}, fusion, weights) for part in parts
    ]


def fuse_heads(values: Mapping[str, Floats], fusion: Fusion, weights: Mapping[str, float]) -> FusedScores:
    """The scores of K candidates from head -> values [K]; a head without a weight contributes 0.

    A value that is not finite counts as the worst finite one of its head. Raises UnknownWeightError for a
    weight of a head that is not in `values`, InvalidWeightsError where the weights are not finite or all 0.
    """
    for name in weights:
        if name not in values:
            heads = ", ".join(sorted(values))
            raise UnknownWeightError(
                f"expected one of the heads {heads}, given '{name[:80]}'", f"weights.{name[:80]}"
            )
    total = sum(abs(weight) for weight in weights.values())
    if not (math.isfinite(total) and total > 0):
        raise InvalidWeightsError(
            f"expected finite weights, not all of them 0, given {dict(weights)}", "weights"
        )
    finite = {name: replace_non_finite(value, weights.get(name, 0.0)) for name, value in values.items()}
    parts = contributions(fusion, finite, weights)
    return FusedScores(score=fuse(parts), values=finite, contributions=parts)


def replace_non_finite(value: Floats, weight: float) -> Floats:
    """Values [K]; non-finite ones become the value that the weight ranks last, or 0 if none is finite."""
    finite = np.isfinite(value)
    if finite.all():
        return value
    finite_values = value[finite]
    if not len(finite_values):
        return np.zeros_like(value)
    worst = finite_values.min() if weight >= 0 else finite_values.max()
    return np.where(finite, value, worst)
