"""Print the report as tables on a terminal."""

import math
from collections.abc import Mapping

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from models.evaluation.report.schema import MODEL, HeadReport, RankingRow, RankingTable, Report


def print_report(report: Report, console: Console) -> None:
    """Print the data's size, both rankings, the refused baselines, the heads and the times."""
    data = report.data
    console.print(Text(f"{report.job}  {report.model_version}  {report.created_at}", style="bold"))
    console.print(
        f"{data.users:,} users, {data.items:,} items, {data.interactions:,} interactions: "
        f"{data.train:,} train, {data.valid:,} validation, {data.test:,} test",
        highlight=False,
    )
    for sentence in report.training_cuts:
        console.print(Text(sentence, style="bold"))
    if report.cleaning:
        console.print(Text("cleaning: " + _format_counts(report.cleaning)))
    console.print(render_ranking(f"At the cut, {report.at_cutoff.lists:,} users", report.at_cutoff, report.k))
    console.print(
        render_ranking(f"Next event, {report.next_event.lists:,} events", report.next_event, report.k)
    )
    for name, reason in report.refused.items():
        console.print(Text(f"{name} left out: {reason}", style="yellow"))
    if report.heads:
        console.print(render_heads(report.heads))
    if report.fusion_weights:
        weights = ", ".join(f"{head} {weight:.3g}" for head, weight in report.fusion_weights.items())
        console.print(Text(f"fusion: {weights}"))
    if report.timings:
        console.print(Text("seconds: " + ", ".join(f"{step} {s:.1f}" for step, s in report.timings.items())))


def render_ranking(title: str, table: RankingTable, k: int) -> Table:
    """A row for each method, the network's in bold; a column for each registered metric."""
    drawn = Table(
        title=Text(f"{title}, k = {k}"), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    drawn.add_column("method")
    for label in table.labels.values():
        drawn.add_column(label, justify="right")
    for row in table.rows:
        figures = [format_figure(row.figures.get(name, math.nan)) for name in table.labels]
        drawn.add_row(Text(format_method(row)), *figures, style="bold" if row.name == MODEL else None)
    return drawn


def render_heads(heads: tuple[HeadReport, ...]) -> Table:
    """A row for each head and figure, before and after calibration."""
    drawn = Table(
        title=Text("Heads on the test split"), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    for label in ("head", "kind", "rows", "figure"):
        drawn.add_column(label)
    drawn.add_column("raw", justify="right")
    drawn.add_column("calibrated", justify="right")
    for head in heads:
        for number, (figure, value) in enumerate(head.after.items()):
            first_cells = [head.name, head.kind, f"{head.count:,}"] if number == 0 else ["", "", ""]
            raw = format_figure(head.before.get(figure, math.nan))
            drawn.add_row(*map(Text, first_cells), Text(figure), raw, format_figure(value))
        drawn.add_section()
    return drawn


def format_method(row: RankingRow) -> str:
    """A method's name with its settings."""
    return f"{row.name} ({row.settings})" if row.settings else row.name


def format_figure(value: float) -> str:
    """Four digits, or a dash where undefined."""
    return f"{value:.4f}" if math.isfinite(value) else "–"


def _format_counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
