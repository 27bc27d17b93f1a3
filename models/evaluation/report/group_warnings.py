"""Warnings about user groups: a group whose lists are clearly worse than those of the other users."""

from collections.abc import Iterator

from models.evaluation.report.schema import SERVED, RankingTable, Report


def warn_of_groups(report: Report) -> Iterator[str]:
    """Yield a sentence for each group of enough users whose NDCG is lower than the others' beyond chance."""
    for place, table in (("at the cut", report.at_cutoff), ("on next events", report.next_event)):
        yield from _warn_of_table(place, table, report.k)


def _warn_of_table(place: str, table: RankingTable, k: int) -> Iterator[str]:
    for grouping in table.groups:
        for group in grouping.groups:
            lead = group.lead
            if group.is_worse and lead is not None and lead.low is not None and lead.high is not None:
                yield (
                    f"{SERVED} is worse {place} for the users of {grouping.name} '{group.name}': NDCG@{k} "
                    f"{group.ndcg.value:.4f} over {group.lists:,} lists, {-lead.value:.4f} less than for the others "
                    f"({-lead.high:.4f} to {-lead.low:.4f}, for all groups at once)"
                )
