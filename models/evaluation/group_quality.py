"""The quality of lists by user group: NDCG and hit rate, the difference to all others, and the largest gap."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from models.contract.arrays import Doubles, Indices, Mask
from models.evaluation.clustered_interval import estimate_difference, estimate_mean
from models.evaluation.metrics.hit_rate import hit_rate
from models.evaluation.metrics.lists import RankedLists
from models.evaluation.metrics.ndcg import ndcg
from models.evaluation.paired_bootstrap import Interval
from models.evaluation.report.fairness import Estimate, GroupGap, UserGroup, UserGrouping
from models.evaluation.user_groups import Grouping, count_users

LEAST_USERS = 20
"""Users of a group that is compared with others: for fewer, Student's t is no good model of so skewed a figure."""


def measure_groups(
    ranked: RankedLists, users: Indices, groupings: Sequence[Grouping]
) -> Iterator[UserGrouping]:
    """Yield the figures of each grouping of C ranked lists, each of one of `users` [C].

    Groups are told apart by their number: a value may be called as the group of all others is.
    """
    gains: Doubles = np.asarray(ndcg(ranked.hits, ranked.relevant), dtype=np.float64)
    hits = hit_rate(ranked.hits)
    large = [_find_large(grouping, users) for grouping in groupings]
    comparisons = sum(map(len, large))
    for grouping, compared in zip(groupings, large, strict=True):
        groups = tuple(
            UserGroup(
                name=name,
                lists=int(np.count_nonzero(mask)),
                users=count_users(users[mask]),
                ndcg=_estimate(gains[mask], users[mask]),
                hit_rate=_estimate(hits[mask], users[mask]),
                difference_to_others=_compare_with_others(gains, users, mask, comparisons)
                if number in compared
                else None,
            )
            for number, (name, mask) in enumerate(grouping.groups)
        )
        gap = _find_gap(gains, users, [grouping.groups[number] for number in compared])
        yield UserGrouping(kind=grouping.kind, name=grouping.name, groups=groups, gap=gap)


def _find_large(grouping: Grouping, users: Indices) -> Sequence[int]:
    """The numbers of the groups with enough users on either side."""
    return [
        number
        for number, (_, mask) in enumerate(grouping.groups)
        if min(count_users(users[mask]), count_users(users[~mask])) >= LEAST_USERS
    ]


def _estimate(figures: Doubles, users: Indices) -> Estimate:
    """The mean of figures [n] in [0, 1] of lists of `users` [n], with an interval that stays there."""
    interval = estimate_mean(figures, users)
    low, high = np.clip([interval.low, interval.high], 0, 1).tolist()
    return Estimate.of(Interval(interval.mean, low, high))


def _compare_with_others(gains: Doubles, users: Indices, mask: Mask, comparisons: int) -> Estimate:
    """The mean of gains [C] over the lists in a mask [C] less that over all others, of lists of `users` [C]."""
    return Estimate.of(estimate_difference(gains, users, mask, ~mask, comparisons))


def _find_gap(gains: Doubles, users: Indices, groups: Sequence[tuple[str, Mask]]) -> GroupGap | None:
    """The gap in gains [C] between the groups, names with masks [C], of the highest and of the lowest mean.

    None for fewer than two groups.
    """
    if len(groups) < 2:
        return None
    ranked = sorted(groups, key=lambda group: -float(gains[group[1]].mean()))
    (best, above), (worst, below) = ranked[0], ranked[-1]
    pairs = len(list(combinations(groups, 2)))
    difference = Estimate.of(estimate_difference(gains, users, above, below, pairs))
    return GroupGap(best=best, worst=worst, difference=difference)
