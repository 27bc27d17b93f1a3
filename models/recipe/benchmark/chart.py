"""The benchmark's chart: NDCG@10 of every method with its interval, as an SVG file."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from models.contract.replaced_file import replace_file
from models.evaluation.report.charts import ACCENT, BAR, INK, LINE, SOFT, STYLE, WIDTH, render_file
from models.recipe.benchmark.result import BenchmarkResult, Ranking

COLOURS = {INK: "#1f2933", SOFT: "#52606d", LINE: "#d9dee4", BAR: "#9fb3c8", ACCENT: "#c2410c"}
"""Placeholder in the drawing -> colour on white."""
ROW_HEIGHT, FRAME_HEIGHT = 0.3, 0.75
"""Inches."""


def write_chart(result: BenchmarkResult, path: Path) -> None:
    """Draw a panel for each ranking, one below the other, and write them as SVG on white."""
    heights = [ROW_HEIGHT * len(ranking.rows) + FRAME_HEIGHT for ranking in result.rankings]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, sum(heights)), layout="constrained", facecolor="white")
        panels = figure.subplots(len(heights), squeeze=False, height_ratios=heights)
        for axes, ranking in zip(panels.flat, result.rankings, strict=True):
            _draw_ranking(axes, ranking)
            axes.set_title(f"{result.data_set}, {ranking.lists:,} lists of {ranking.candidates}")
            axes.set_xlabel(f"NDCG@10 with its {result.bootstrap_level:.0%} interval over the lists")
        replace_file(path, render_file(figure, COLOURS).encode())


def _draw_ranking(axes: Axes, ranking: Ranking) -> None:
    """A dot and a line from the interval's low to its high for each method, Chorus in the accent colour."""
    for position, row in enumerate(ranking.rows):
        interval, colour = row.ndcg_at_10_interval, ACCENT if row.difference is None else BAR
        axes.plot([interval.low, interval.high], [position, position], color=colour, linewidth=2.4)
        axes.plot([row.ndcg_at_10], [position], color=colour, marker="o", markersize=5.5)
        text = f"{row.ndcg_at_10:.3f}"
        axes.annotate(text, (interval.high, position), (5, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(ranking.rows)), [row.name for row in ranking.rows], color=INK)
    axes.invert_yaxis()
    axes.margins(x=0.12)  # room for the last figure; a limit ends the choice of margins
    axes.set_xlim(left=0)
    axes.grid(visible=False, axis="y")
    axes.tick_params(left=False, bottom=False)
