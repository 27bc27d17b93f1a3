"""The tables of quality by user group and of exposure by popularity as texts."""

import math

from models.evaluation.report.fairness import Estimate
from models.evaluation.report.schema import RankingTable
from models.evaluation.report.tables import TableRow, TextTable, format_figure


def tabulate_groups(table: RankingTable, k: int) -> TextTable:
    """A row for each user group with its figures and its difference to the others, then the grouping's largest gap."""
    rows = []
    for grouping in table.groups:
        rows += [
            TableRow(
                (
                    f"{grouping.name}: {group.name}",
                    f"{group.lists:,}",
                    f"{group.users:,}",
                    _format_estimate(group.ndcg),
                    _format_estimate(group.hit_rate),
                    _format_difference(group.difference_to_others),
                )
            )
            for group in grouping.groups
        ]
        if grouping.gap is not None:
            gap = grouping.gap
            name = f"{grouping.name}, largest gap: {gap.best} less {gap.worst}"
            rows.append(TableRow((name, "", "", _format_difference(gap.difference), "", ""), marked=True))
    return TextTable(
        ("user group", "lists", "users", f"NDCG@{k} (95 %)", f"HR@{k} (95 %)", "NDCG less the others'"),
        tuple(rows),
    )


def tabulate_exposure(table: RankingTable) -> TextTable:
    """A row for each band of popularity: its shares of the catalogue, of events, of relevant items, and of places."""
    names = tuple(dict.fromkeys(name for band in table.exposure for name in band.shown))
    rows = (
        TableRow(
            (
                band.name,
                f"{band.items:,}",
                *map(_format_share, (band.catalogue, band.events, band.relevant)),
                *(_format_share(band.shown.get(name, math.nan)) for name in names),
            )
        )
        for band in table.exposure
    )
    return TextTable(("items", "number", "of the catalogue", "of events", "of relevant", *names), tuple(rows))


def _format_estimate(estimate: Estimate) -> str:
    """A figure with its interval, where it has one."""
    figure = format_figure(estimate.value)
    if estimate.low is None or estimate.high is None:
        return figure
    return f"{figure} ({estimate.low:.3f} to {estimate.high:.3f})"


def _format_difference(difference: Estimate | None) -> str:
    """A difference with its interval, where it has one."""
    if difference is None:
        return ""
    if difference.low is None or difference.high is None:
        return f"{difference.value:+.4f}"
    return f"{difference.value:+.4f} ({difference.low:+.3f} to {difference.high:+.3f})"


def _format_share(share: float) -> str:
    return f"{share:.1%}" if math.isfinite(share) else "–"
