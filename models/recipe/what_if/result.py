"""The result of `chorus what-if`: the values of both policies, the support of the log, and what was left out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from models.evaluation.off_policy.support import Support
from models.evaluation.off_policy.values import Value
from models.recipe.what_if.target import Target


@dataclass(frozen=True, slots=True)
class WhatIfResult:
    """Values a list, of the first `places` places."""

    target: Target
    reward: str
    places: int
    values: Mapping[str, Value]  # estimator -> the value
    support: Support
    left_out: Mapping[str, int]  # reason -> answers
    partly_shown: int  # lists whose candidates were not all shown
    warnings: tuple[str, ...]


def to_plain(result: WhatIfResult) -> dict[str, Any]:
    """The result as plain values, for JSON."""
    plain = asdict(result)
    plain["support"].pop("warnings")
    return plain
