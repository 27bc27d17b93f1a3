"""The frontier's chart: the objective over intra-list diversity, a line for each method, as an SVG file."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from models.contract.replaced_file import replace_file
from models.evaluation.frontier import FrontierPoint
from models.evaluation.report.charts import ACCENT, BAR, INK, SOFT, STYLE, WIDTH, render_file
from models.recipe.benchmark.chart import COLOURS
from models.recipe.diversity.result import DiversityResult, Frontier

HEIGHT = 3.0
"""Inches."""
LINES = {"mmr": (BAR, "o"), "dpp": (SOFT, "s")}
"""Method -> colour and marker."""


def write_chart(result: DiversityResult, path: Path) -> None:
    """Draw a panel for each protocol, side by side, and write them as SVG on white."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained", facecolor="white")
        panels = figure.subplots(1, len(result.frontiers), squeeze=False)
        for axes, frontier in zip(panels.flat, result.frontiers, strict=True):
            _draw_frontier(axes, frontier)
            axes.set_title(f"{result.job}, {frontier.protocol}, {frontier.lists:,} lists")
            axes.set_xlabel(f"intra-list diversity by {result.space}")
        panels.flat[0].set_ylabel(f"objective, NDCG@{result.k}")
        panels.flat[0].legend(frameon=False, fontsize=8)
        replace_file(path, render_file(figure, COLOURS).encode())


def _draw_frontier(axes: Axes, frontier: Frontier) -> None:
    """Both methods from the order without diversity on, the default with its interval in the accent colour."""
    none, default = frontier.points[0], frontier.default
    for method, (colour, marker) in LINES.items():
        points = [none, *(point for point in frontier.points if point.method == method)]
        axes.plot(*_places(points), color=colour, marker=marker, markersize=3.5, linewidth=1.4, label=method)
    axes.plot(*_places([none]), color=INK, marker="o", markersize=5, linestyle="", label="none")
    label = f"default, {default.method} {default.strength:g}"
    axes.plot(*_places([default]), color=ACCENT, marker="o", markersize=6, linestyle="", label=label)
    if default.difference is not None and default.intra_list_diversity is not None:
        low, high = (none.objective + bound for bound in (default.difference.low, default.difference.high))
        axes.plot([default.intra_list_diversity] * 2, [low, high], color=ACCENT, linewidth=1.6)


def _places(points: Sequence[FrontierPoint]) -> tuple[list[float], list[float]]:
    """Intra-list diversity and objective of the points that have both."""
    known = [(point.intra_list_diversity, point.objective) for point in points]
    pairs = [(diversity, objective) for diversity, objective in known if diversity is not None]
    return [diversity for diversity, _ in pairs], [objective for _, objective in pairs]
