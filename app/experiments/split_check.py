"""The check of a split: whether the users came to the variants in the ratio of their shares (SRM)."""

import math
from collections.abc import Sequence

SUSPICIOUS = 0.001
"""The p-value below which a split counts as broken (Fabijan et al. 2019 use 0.0005 to 0.01)."""


def check_split(counts: Sequence[int], shares: Sequence[float]) -> float | None:
    """The p-value of Pearson's chi-square test of the counts against the shares; None without users."""
    total, weight = sum(counts), sum(shares)
    if not total:
        return None
    expected = [total * share / weight for share in shares]
    statistic = sum((count - mean) ** 2 / mean for count, mean in zip(counts, expected, strict=True))
    return chi_square_tail(statistic, len(counts) - 1)


def chi_square_tail(statistic: float, degrees: int) -> float:
    """The probability that a chi-square variable of so many degrees of freedom is above the statistic.

    The regularised gamma function Q(degrees / 2, x) by its recurrence (Abramowitz and Stegun 6.5.21).
    """
    x = statistic / 2
    if x <= 0:
        return 1.0
    order = 1.0 if degrees % 2 == 0 else 0.5
    tail = math.exp(-x) if degrees % 2 == 0 else math.erfc(math.sqrt(x))
    while order < degrees / 2:
        tail += math.exp(order * math.log(x) - x - math.lgamma(order + 1))
        order += 1
    return min(1.0, tail)
