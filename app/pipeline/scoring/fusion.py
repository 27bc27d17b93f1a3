"""Every head's value -> one score a candidate, with the bundle's fusion and the request's weights."""

import math
from collections.abc import Mapping

import numpy as np

from app.errors import InvalidRequestError, UnknownHeadError
from app.pipeline.types import Candidates, Scored
from models.contract.arrays import Floats
from models.contract.fusion import Fusion, contributions, fuse


def fuse_heads(
    candidates: Candidates, values: Mapping[str, Floats], fusion: Fusion, weights: Mapping[str, float]
) -> Scored:
    """The candidates scored: contributions of every head, 0 for one without a weight, and their sum.

    A value that is not finite counts as the worst finite one of its head. Raises UnknownHeadError for a
    weight of a head that is not in `values`, InvalidRequestError where the weights are not finite or all 0.
    """
    for name in weights:
        if name not in values:
            known = ", ".join(sorted(values))
            raise UnknownHeadError(
                f"expected one of the heads {known}, given '{name[:80]}'", f"weights.{name[:80]}"
            )
    total = sum(abs(weight) for weight in weights.values())
    if not (math.isfinite(total) and total > 0):
        raise InvalidRequestError(
            f"expected finite weights, not all of them 0, given {dict(weights)}", "weights"
        )
    sound = {name: _sunk(value, weights.get(name, 0.0)) for name, value in values.items()}
    parts = contributions(fusion, sound, weights)
    return Scored(candidates=candidates, values=sound, contributions=parts, score=fuse(parts))


def _sunk(value: Floats, weight: float) -> Floats:
    """Values [K], each that is not finite put at the end that the weight ranks last; 0 where all are so."""
    finite = np.isfinite(value)
    if finite.all():
        return value
    known = value[finite]
    worst = np.float32(0) if not len(known) else known.min() if weight >= 0 else known.max()
    return np.where(finite, value, worst)
