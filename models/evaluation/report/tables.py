"""The tables of a report as texts, which the console and the page draw alike."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.evaluation.metrics.registry import LIST_METRICS
from models.evaluation.report.schema import (
    MODEL,
    SERVED,
    HeadReport,
    ObjectiveRow,
    PrivacyReport,
    RankingRow,
    RankingTable,
)

DEPTH_METRICS = ("ndcg", "hit_rate", "mrr", "map")
"""The metrics that are shown at each length of list; report.json has the others too."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table; `marked` is the network's."""

    cells: tuple[str, ...]
    marked: bool = False


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table: headings, and rows of as many cells. The first column is text, the others are numbers."""

    headings: tuple[str, ...]
    rows: tuple[TableRow, ...]


def tabulate_figures(table: RankingTable) -> TextTable:
    """A row for each method, a column for each registered metric."""
    rows = (
        TableRow((format_method(row), *_format_figures(row.figures, table.labels)), row.name == MODEL)
        for row in table.rows
    )
    return TextTable(("method", *table.labels.values()), tuple(rows))


def tabulate_objective_rows(rows: Sequence[ObjectiveRow]) -> TextTable:
    """A row for each order, with the objective, the outcomes, and how far the fitted weights are ahead."""
    heads = tuple(dict.fromkeys(head for row in rows for head in row.outcomes))
    cells = (
        TableRow(
            (
                row.name,
                format_figure(row.objective),
                *(format_figure(row.outcomes.get(head, math.nan)) for head in heads),
                _format_difference(row.difference),
            ),
            row.name == SERVED,
        )
        for row in rows
    )
    return TextTable(("order", "objective", *heads, "fitted less it (95 %)"), tuple(cells))


def _format_difference(interval: tuple[float, float, float] | None) -> str:
    return "" if interval is None else "{:+.4f} ({:+.4f} to {:+.4f})".format(*interval)


def tabulate_depths(table: RankingTable) -> TextTable:
    """A row for each method, a column for each of DEPTH_METRICS at each length of list."""
    headings = [f"{LIST_METRICS[name].label}@{k}" for name in DEPTH_METRICS for k in table.at_k]
    rows = []
    for number, row in enumerate(table.rows):
        values = [
            rows_at_k[number].figures.get(name, math.nan)
            for name in DEPTH_METRICS
            for rows_at_k in table.at_k.values()
        ]
        rows.append(TableRow((row.name, *map(format_figure, values)), row.name == MODEL))
    return TextTable(("method", *headings), tuple(rows))


def tabulate_slices(table: RankingTable, k: int) -> TextTable:
    """A row for each slice with its number of lists, and a column for each method's NDCG@k."""
    names = [row.name for row in table.rows]
    rows = (
        TableRow(
            (
                part.name,
                f"{part.lists:,}",
                *(format_figure(row.figures.get("ndcg", math.nan)) for row in part.rows),
            )
        )
        for part in table.slices
    )
    return TextTable((f"NDCG@{k}", "lists", *names), tuple(rows))


def tabulate_head(head: HeadReport) -> TextTable:
    """A row for each figure: raw, calibrated, and of each trivial predictor."""
    rows = (
        TableRow((name, *map(format_figure, values)))
        for name in head.after
        for values in [[part.get(name, math.nan) for part in _head_columns(head).values()]]
    )
    return TextTable(("figure", *_head_columns(head)), tuple(rows))


def describe_sample(count: int, population: int | None, noun: str) -> str:
    """The size of a sample, such as "2,000 of 12,345 users, evenly spaced"."""
    if population is None or population == count:
        return f"{count:,} {noun}"
    return f"{count:,} of {population:,} {noun}, evenly spaced"


def describe_relevance(actions: Mapping[str, int]) -> str:
    """One sentence that says which test events count as right."""
    counts = ", ".join(f"{name} {count:,}" for name, count in actions.items())
    return "Every test event that took an item new to its user counts as right, whatever its value" + (
        f": {counts}." if counts else "."
    )


def list_privacy(privacy: PrivacyReport) -> dict[str, str]:
    """The privacy loss and the settings of its noise, each with its name."""
    return {
        "epsilon spent": f"{privacy.epsilon:.3f} of {privacy.epsilon_budget:g}",
        "delta": f"{privacy.delta:g}",
        "unit": privacy.unit,
        "noise multiplier": f"{privacy.noise_multiplier:.3f}",
        "max. gradient norm": f"{privacy.max_grad_norm:g}",
        "sample rate": f"{privacy.sample_rate:.4f}",
        "steps": f"{privacy.steps:,}",
        "accountant": privacy.accountant,
    }


def format_method(row: RankingRow) -> str:
    """A method's name with its settings."""
    return f"{row.name} ({row.settings})" if row.settings else row.name


def format_figure(value: float) -> str:
    """Four digits, or a dash where undefined."""
    return f"{value:.4f}" if math.isfinite(value) else "–"


def _head_columns(head: HeadReport) -> dict[str, dict[str, float]]:
    return {"raw": head.before, "calibrated": head.after, **head.trivial}


def _format_figures(figures: Mapping[str, float], names: Sequence[str] | Mapping[str, str]) -> Iterator[str]:
    for name in names:
        yield format_figure(figures.get(name, math.nan))
