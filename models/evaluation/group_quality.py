"""The quality of lists by user group: NDCG and hit rate, the lead over all others, and the largest gap."""

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
from models.evaluation.user_groups import Grouping

LEAST_USERS = 20
"""Users of a group that is compared with others: for fewer, Student's t is no good model of so skewed a figure."""


def measure_groups(
    ranked: RankedLists, users: Indices, groupings: Sequence[Grouping]
) -> Iterator[UserGrouping]:
    """Yield the figures of each grouping of C ranked lists, each of one of `users` [C]."""
    gains: Doubles = np.asarray(ndcg(ranked.hits, ranked.relevant), dtype=np.float64)
    hits = hit_rate(ranked.hits)
    large = [_find_large(grouping, users) for grouping in groupings]
    comparisons = sum(map(len, large))
    for grouping, own in zip(groupings, large, strict=True):
        groups = tuple(
            UserGroup(
                name=name,
                lists=int(np.count_nonzero(mask)),
                users=_count(users[mask]),
                ndcg=_estimate(gains[mask], users[mask]),
                hit_rate=_estimate(hits[mask], users[mask]),
                lead=_compare_with_others(gains, users, mask, comparisons) if name in own else None,
            )
            for name, mask in grouping.groups
        )
        masks = [(name, mask) for name, mask in grouping.groups if name in own]
        yield UserGrouping(name=grouping.name, groups=groups, gap=_find_gap(gains, users, masks))


def _find_large(grouping: Grouping, users: Indices) -> frozenset[str]:
    """The names of the groups with enough users on either side."""
    return frozenset(
        name
        for name, mask in grouping.groups
        if min(_count(users[mask]), _count(users[~mask])) >= LEAST_USERS
    )


def _estimate(figures: Doubles, users: Indices) -> Estimate:
    """The mean of figures in [0, 1], with an interval that stays there."""
    own = estimate_mean(figures, users)
    low, high = np.clip([own.low, own.high], 0, 1).tolist()
    return Estimate.of(Interval(own.mean, low, high))


def _compare_with_others(gains: Doubles, users: Indices, mask: Mask, comparisons: int) -> Estimate:
    return Estimate.of(estimate_difference(gains, users, mask, ~mask, comparisons))


def _find_gap(gains: Doubles, users: Indices, groups: Sequence[tuple[str, Mask]]) -> GroupGap | None:
    """The gap between the groups with the highest and the lowest mean; None for fewer than two groups."""
    if len(groups) < 2:
        return None
    ranked = sorted(groups, key=lambda group: -float(gains[group[1]].mean()))
    (best, above), (worst, below) = ranked[0], ranked[-1]
    pairs = len(list(combinations(groups, 2)))
    difference = Estimate.of(estimate_difference(gains, users, above, below, pairs))
    return GroupGap(best=best, worst=worst, difference=difference)


def _count(users: Indices) -> int:
    return len(np.unique(users))
