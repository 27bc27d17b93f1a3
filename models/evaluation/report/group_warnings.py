"""Warnings about user groups: a group whose lists are clearly worse than those of the other users."""

from collections.abc import Iterator

from models.evaluation.report.fairness import GroupingKind, UserGroup
from models.evaluation.report.schema import SERVED, RankingTable, Report


def warn_of_groups(report: Report) -> Iterator[str]:
    """Yield a sentence for each group of enough users whose NDCG is lower than the others' beyond chance.

    Groups by activity are left out: lists of users with more or fewer items behind them are not equally hard.
    """
    for place, table in (("at the cut", report.at_cutoff), ("on next events", report.next_event)):
        yield from _warn_of_table(place, table, report.k)


def _warn_of_table(place: str, table: RankingTable, k: int) -> Iterator[str]:
    for grouping in table.groups:
        if grouping.kind is GroupingKind.ATTRIBUTE:
            for group in grouping.groups:
                yield from _warn_of_group(place, grouping.name, group, k)


def _warn_of_group(place: str, attribute: str, group: UserGroup, k: int) -> Iterator[str]:
    less = group.difference_to_others
    if group.is_worse and less is not None and less.low is not None and less.high is not None:
        yield (
            f"{SERVED} is worse {place} for the users of {attribute} '{group.name}': NDCG@{k} "
            f"{group.ndcg.value:.4f} over {group.lists:,} lists, {-less.value:.4f} less than for the others "
            f"({-less.high:.4f} to {-less.low:.4f}, for all groups at once)"
        )
