"""The results of an experiment: rates of its arms, their differences to the first one, and the check of the split."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from app.experiments.confidence import ALPHA, LEAST_USERS, Estimate, Interval, find_interval, find_p_value
from app.experiments.split_check import SUSPICIOUS, check_split
from app.state.protocol import ArmSums, Experiment


@dataclass(frozen=True, slots=True)
class Figure:
    """A ratio with its interval; None where there is none yet."""

    value: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Difference:
    """How much a ratio of an arm is above that of the first one."""

    value: float | None
    interval: Interval | None
    p_value: float | None  # times the number of comparisons, as the interval is widened for them
    is_different: bool  # the interval excludes 0


@dataclass(frozen=True, slots=True)
class ArmResult:
    """The figures of an arm. Differences are None for the first arm."""

    variant: str
    sums: ArmSums
    rate: Figure  # takes an answer
    value: Figure  # value of the takes an answer; None where no take had one
    rate_difference: Difference | None
    value_difference: Difference | None


@dataclass(frozen=True, slots=True)
class Results:
    """The results of all arms, in the order of the variants."""

    arms: tuple[ArmResult, ...]
    split_p_value: float | None
    is_split_broken: bool


def summarise(experiment: Experiment, sums: Mapping[str, ArmSums]) -> Results:
    """The results of an experiment from the sums of its variants.

    The intervals of differences share ALPHA among them (Bonferroni).
    """
    first, *others = experiment.variants
    arms = [_summarise_arm(first.name, sums[first.name])]
    arms += [
        _summarise_arm(variant.name, sums[variant.name], sums[first.name], len(others)) for variant in others
    ]
    counts = [sums[variant.name].users for variant in experiment.variants]
    p_value = check_split(counts, [variant.share for variant in experiment.variants])
    return Results(tuple(arms), p_value, p_value is not None and p_value < SUSPICIOUS)


def estimate_rate(sums: ArmSums) -> Estimate | None:
    """Takes an answer; None without answers."""
    return _estimate_ratio(sums, sums.takes, sums.takes_squared, sums.impressions_by_takes)


def estimate_value(sums: ArmSums) -> Estimate | None:
    """Value of the takes an answer; None where no take had a value."""
    if not sums.valued:
        return None
    return _estimate_ratio(sums, sums.value, sums.value_squared, sums.impressions_by_value)


def compare(one: Estimate | None, first: Estimate | None, comparisons: int = 1) -> Difference:
    """The difference of two estimates over different users, as one of several comparisons."""
    if one is None or first is None:
        return Difference(None, None, None, False)
    # An arm that does not tell its variance yet leaves the difference without one.
    is_known = min(one.variance, first.variance) > 0
    variance = one.variance + first.variance if is_known else math.inf
    users = one.users + first.users if min(one.users, first.users) >= LEAST_USERS else 0
    difference = Estimate(one.value - first.value, variance, users)
    interval = find_interval(difference, ALPHA / comparisons)
    is_different = interval is not None and not interval.low <= 0 <= interval.high
    p_value = find_p_value(difference)
    adjusted = None if p_value is None else min(1.0, p_value * comparisons)
    return Difference(difference.value, interval, adjusted, is_different)


def _summarise_arm(
    variant: str, sums: ArmSums, first: ArmSums | None = None, comparisons: int = 1
) -> ArmResult:
    rate, value = estimate_rate(sums), estimate_value(sums)
    return ArmResult(
        variant,
        sums,
        _figure(rate),
        _figure(value),
        None if first is None else compare(rate, estimate_rate(first), comparisons),
        None if first is None else compare(value, estimate_value(first), comparisons),
    )


def _figure(estimate: Estimate | None) -> Figure:
    return Figure(None, None) if estimate is None else Figure(estimate.value, find_interval(estimate))


def _estimate_ratio(sums: ArmSums, total: float, squared: float, product: float) -> Estimate | None:
    """The ratio of a total to the answers, over users: its variance by the delta method.

    Users are counted once: the answers of one user are not independent of each other.
    """
    if not sums.impressions:
        return None
    ratio, users = total / sums.impressions, sums.users
    residual = squared - 2 * ratio * product + ratio**2 * sums.impressions_squared
    corrected = max(residual, 0.0) * users / max(users - 1, 1)
    return Estimate(ratio, corrected / sums.impressions**2, users)
