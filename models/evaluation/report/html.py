"""Render the report as one self-contained HTML page without scripts, for light and dark mode."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from models.evaluation.report.charts import draw_bars, draw_losses, draw_reliability
from models.evaluation.report.console import format_figure, format_method
from models.evaluation.report.schema import MODEL, HeadReport, RankingTable, Report

TEMPLATE = "page.html.jinja"


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table on the page."""

    cells: tuple[str, ...]
    marked: bool = False


@dataclass(frozen=True, slots=True)
class RankingView:
    """A ranking protocol's section of the page."""

    title: str
    meaning: str
    lists: int
    headings: tuple[str, ...]
    rows: tuple[TableRow, ...]
    chart: Markup


@dataclass(frozen=True, slots=True)
class HeadView:
    """A head's section of the page."""

    title: str
    rows: tuple[TableRow, ...]
    chart: Markup | None


def render_page(report: Report) -> str:
    """The page's HTML, with every text of the report escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE).render(
        report=report,
        rankings=tuple(_view_rankings(report)),
        heads=tuple(_view_head(head, number) for number, head in enumerate(report.heads)),
        training=_trust(draw_losses(report.training, "loss")) if report.training else None,
        tables={
            "Fusion weights": {name: f"{weight:.4f}" for name, weight in report.fusion_weights.items()},
            "Seconds": {name: f"{seconds:.2f}" for name, seconds in report.timings.items()},
            "Cleaning": {name: f"{count:,}" for name, count in report.cleaning.items()},
        },
    )


def _view_rankings(report: Report) -> Iterator[RankingView]:
    """Yield a view for each protocol that has lists."""
    if report.at_cutoff.rows:
        meaning = "One list a user, ranked when the test part begins; relevant are all items new to the user."
        yield _view_ranking("At the cut", meaning, report.at_cutoff)
    if report.next_event.rows:
        meaning = "One list an event, ranked just before it; relevant is the event's item."
        yield _view_ranking("Next event", meaning, report.next_event)


def _view_ranking(title: str, meaning: str, table: RankingTable) -> RankingView:
    rows = tuple(
        TableRow(
            (
                format_method(row),
                *(format_figure(row.figures.get(name, float("nan"))) for name in table.labels),
            ),
            marked=row.name == MODEL,
        )
        for row in table.rows
    )
    ndcg = {format_method(row): row.figures.get("ndcg", float("nan")) for row in table.rows}
    marked = next((format_method(row) for row in table.rows if row.name == MODEL), "")
    return RankingView(
        title=title,
        meaning=meaning,
        lists=table.lists,
        headings=("method", *table.labels.values()),
        rows=rows,
        chart=_trust(draw_bars(ndcg, marked, title.split(maxsplit=1)[0].lower())),
    )


def _view_head(head: HeadReport, number: int) -> HeadView:
    rows = tuple(
        TableRow((name, format_figure(head.before.get(name, float("nan"))), format_figure(value)))
        for name, value in head.after.items()
    )
    chart = None
    if head.reliability:
        chart = _trust(draw_reliability(head.reliability, f"head{number}"))
    return HeadView(f"{head.name}: {head.kind}, {head.count:,} events", rows, chart)


def _trust(svg: str) -> Markup:
    """Mark a chart as safe HTML: matplotlib escapes the texts in it."""
    return Markup(svg)  # noqa: S704
