"""Render the report as one self-contained HTML page without scripts, for light and dark mode."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from models.evaluation.report.charts import draw_bars, draw_losses, draw_reliability
from models.evaluation.report.fairness_tables import tabulate_exposure, tabulate_groups
from models.evaluation.report.glossary import collect_terms
from models.evaluation.report.schema import MODEL, HeadReport, RankingTable, Report
from models.evaluation.report.tables import (
    TextTable,
    describe_relevance,
    describe_sample,
    format_method,
    list_privacy,
    tabulate_depths,
    tabulate_figures,
    tabulate_head,
    tabulate_slices,
)

TEMPLATE = "page.html.jinja"


@dataclass(frozen=True, slots=True)
class RankingView:
    """A ranking protocol's section of the page."""

    title: str
    meaning: str
    chart: Markup
    figures: TextTable
    depths: TextTable | None
    slices: TextTable | None
    groups: TextTable | None
    exposure: TextTable | None


@dataclass(frozen=True, slots=True)
class HeadView:
    """A head's section of the page."""

    title: str
    figures: TextTable
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
        relevance=describe_relevance(report.relevant_actions),
        rankings=tuple(_view_rankings(report)),
        heads=tuple(_view_head(head, number) for number, head in enumerate(report.heads)),
        training=_trust(draw_losses(report.training, "loss")) if report.training else None,
        tables={
            "Privacy": list_privacy(report.privacy) if report.privacy is not None else {},
            "Fusion weights": {name: f"{weight:.4f}" for name, weight in report.fusion_weights.items()},
            "Seconds": {name: f"{seconds:.2f}" for name, seconds in report.timings.items()},
            "Cleaning": {name: f"{count:,}" for name, count in report.cleaning.items()},
        },
        settings={key: json.dumps(value, ensure_ascii=False) for key, value in report.settings.items()},
        glossary=collect_terms(report),
    )


def _view_rankings(report: Report) -> Iterator[RankingView]:
    """Yield a view for each protocol that has lists."""
    if report.at_cutoff.rows:
        meaning = "One list a user, ranked when the test part begins; relevant are all items new to the user."
        yield _view_ranking("At the cut", meaning, "users", report.at_cutoff, report.k)
    if report.next_event.rows:
        meaning = "One list an event, ranked just before it; relevant is the event's item."
        yield _view_ranking("Next event", meaning, "events", report.next_event, report.k)


def _view_ranking(title: str, meaning: str, noun: str, table: RankingTable, k: int) -> RankingView:
    ndcg = {format_method(row): row.figures.get("ndcg", float("nan")) for row in table.rows}
    marked = next((format_method(row) for row in table.rows if row.name == MODEL), "")
    size = describe_sample(table.lists, table.all_lists, noun)
    return RankingView(
        title=title,
        meaning=f"{meaning} Measured on {size}, k = {k}.",
        chart=_trust(draw_bars(ndcg, marked, title.split(maxsplit=1)[0].lower())),
        figures=tabulate_figures(table),
        depths=tabulate_depths(table) if table.at_k else None,
        slices=tabulate_slices(table, k) if table.slices else None,
        groups=tabulate_groups(table, k) if table.groups else None,
        exposure=tabulate_exposure(table) if table.exposure else None,
    )


def _view_head(head: HeadReport, number: int) -> HeadView:
    chart = None
    if head.reliability:
        chart = _trust(draw_reliability(head.reliability, f"head{number}"))
    size = describe_sample(head.count, head.all_count, "test events")
    return HeadView(f"{head.name}: {head.kind}, {size}", tabulate_head(head), chart)


def _trust(svg: str) -> Markup:
    """Mark a chart as safe HTML: matplotlib escapes the texts in it."""
    return Markup(svg)  # noqa: S704 - see above
