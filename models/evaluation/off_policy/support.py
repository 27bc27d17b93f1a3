"""The support of a target policy in a log: how much of the log tells of it, and what is missing."""

from dataclasses import dataclass, replace

import numpy as np

from models.contract.arrays import Mask
from models.evaluation.off_policy.logged_lists import LoggedLists

LEAST_EFFECTIVE = 100
"""Effective lists below which a value is hardly more than chance."""
MOST_FIXED = 0.1
"""The share of lists without any chance above which the log is said to lack support."""
FIXED = 1e-9
STANDARD_ERRORS = 4


@dataclass(frozen=True, slots=True)
class Support:
    """The lists of a log, as they count for a target policy."""

    lists: int
    users: int
    effective_lists: float  # Kish: the square of the sum of the weights, by the sum of their squares
    effective_prefixes: tuple[float, ...]  # the same for the weights down to each place
    mean_weight: float  # 1 on average where every list of the target policy can be logged
    fixed_lists: float  # share of the lists of several items whose order was without chance
    warnings: tuple[str, ...] = ()


def measure_support(lists: LoggedLists) -> Support:
    """The support, with a warning for each sign that it is missing."""
    weights = lists.weights
    final = weights[:, -1]
    several = lists.present.sum(axis=1) > 1
    fixed = (lists.logged >= 1 - FIXED).all(axis=1) & several
    support = Support(
        lists=len(weights),
        users=len(np.unique(lists.users)),
        effective_lists=_count_effective(final, np.ones(len(final), dtype=np.bool_)),
        effective_prefixes=tuple(
            _count_effective(weights[:, place], lists.present[:, place]) for place in range(weights.shape[1])
        ),
        mean_weight=float(final.mean()),
        fixed_lists=float(fixed.sum() / max(several.sum(), 1)),
    )
    error = float(final.std() / np.sqrt(len(final)))
    return replace(support, warnings=tuple(_list_warnings(support, error)))


def _count_effective(weights: np.ndarray[tuple[int], np.dtype[np.float64]], present: Mask) -> float:
    counted = weights[present]
    squares = float(counted @ counted)
    return float(counted.sum() ** 2 / squares) if squares > 0 else 0.0


def _list_warnings(support: Support, error: float) -> list[str]:
    warnings = []
    if support.fixed_lists > MOST_FIXED:
        warnings.append(
            f"{support.fixed_lists:.0%} of the lists were shown without chance: what the target policy would show "
            "otherwise was never seen; log with exploration"
        )
    if support.effective_lists < LEAST_EFFECTIVE:
        warnings.append(
            f"{support.effective_lists:.0f} effective lists: the target policy is too far from the logged one for ips "
            "and snips; look at fewer places, or at a stronger --strength"
        )
    if abs(support.mean_weight - 1) > STANDARD_ERRORS * error + FIXED:
        warnings.append(
            f"the mean weight is {support.mean_weight:.2f} instead of 1: a part of the target policy's lists cannot "
            "occur in the log"
        )
    return warnings
