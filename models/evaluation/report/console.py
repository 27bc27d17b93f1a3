"""Print the report as tables on a terminal."""

from collections.abc import Mapping

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from models.evaluation.report.fairness_tables import tabulate_exposure, tabulate_groups
from models.evaluation.report.schema import SERVED, HeadReport, RankingTable, Report
from models.evaluation.report.tables import (
    TextTable,
    describe_relevance,
    describe_sample,
    list_privacy,
    tabulate_depths,
    tabulate_figures,
    tabulate_head,
    tabulate_objective_rows,
    tabulate_slices,
)


def print_report(report: Report, console: Console) -> None:
    """Print the warnings, the data's size, the rankings, the refused baselines, the heads and the times."""
    data = report.data
    console.print(Text(f"{report.job}  {report.model_version}  {report.created_at}", style="bold"))
    for warning in report.warnings:
        console.print(Text(f"WARNING: {warning.message}", style="bold yellow"))
    console.print(
        f"{data.users:,} users, {data.items:,} items, {data.interactions:,} interactions: "
        f"{data.train:,} train{_describe_earlier(data.earlier)}, {data.valid:,} validation, {data.test:,} test",
        highlight=False,
    )
    if report.cleaning:
        console.print(Text("cleaning: " + _format_counts(report.cleaning)))
    if report.relevant_actions:
        console.print(Text(describe_relevance(report.relevant_actions)))
    _print_ranking("At the cut", "users", report.at_cutoff, report.k, console)
    _print_ranking("Next event", "events", report.next_event, report.k, console)
    objective = " + ".join(f"{weight:g} {head}" for head, weight in report.objective.items())
    for title, rows in (
        ("At the cut", report.objective_at_cutoff),
        ("Next event", report.objective_next_event),
    ):
        if rows:
            _print_table(f"{title}, objective {objective}", tabulate_objective_rows(rows), console)
    for name, reason in report.refused.items():
        console.print(Text(f"{name} left out: {reason}", style="yellow"))
    for head in report.heads:
        _print_table(_describe_head(head), tabulate_head(head), console)
    if report.fusion_weights:
        weights = ", ".join(f"{head} {weight:.3g}" for head, weight in report.fusion_weights.items())
        console.print(Text(f"fusion: {weights}"))
    if report.privacy is not None:
        facts = ", ".join(f"{name} {value}" for name, value in list_privacy(report.privacy).items())
        console.print(Text(f"privacy: {facts}"))
    if report.timings:
        console.print(Text("seconds: " + ", ".join(f"{step} {s:.1f}" for step, s in report.timings.items())))
    console.print(
        Text("report.html of the bundle defines every figure (Glossary) and lists the job's settings")
    )


def _print_ranking(title: str, noun: str, table: RankingTable, k: int, console: Console) -> None:
    """Print the main table, then the lengths of list and the slices that were measured."""
    size = describe_sample(table.lists, table.all_lists, noun)
    _print_table(f"{title}, {size}, k = {k}", tabulate_figures(table), console)
    if table.at_k:
        _print_table(f"{title}, by length of list", tabulate_depths(table), console)
    if table.slices:
        _print_table(f"{title}, by slice", tabulate_slices(table, k), console)
    if table.groups:
        _print_table(f"{title}, {SERVED}, by user group", tabulate_groups(table, k), console)
    if table.exposure:
        _print_table(f"{title}, shares of the places by popularity", tabulate_exposure(table), console)


def _describe_head(head: HeadReport) -> str:
    return f"Head {head.name}, {head.kind}, {describe_sample(head.count, head.all_count, 'test events')}"


def _print_table(title: str, table: TextTable, console: Console) -> None:
    """Print a table with the network's row in bold; its title may be wider than the table."""
    drawn = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for number, heading in enumerate(table.headings):
        drawn.add_column(Text(heading), justify="right" if number else "left")
    for row in table.rows:
        drawn.add_row(*map(Text, row.cells), style="bold" if row.marked else None)
    console.print(Text(title, style="italic"))
    console.print(drawn)


def _describe_earlier(count: int) -> str:
    return f" ({count:,} of them earlier events without times)" if count else ""


def _format_counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
