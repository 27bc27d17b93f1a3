"""Charts of the report as SVG by matplotlib; colours are CSS variables of the page, for light and dark mode."""

import io
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from models.evaluation.report.schema import Epoch, ReliabilityRow

INK, SOFT, LINE, BAR, ACCENT = "#010203", "#010204", "#010205", "#010206", "#010207"
THEME: Mapping[str, str] = {
    INK: "var(--ink)",
    SOFT: "var(--soft)",
    LINE: "var(--line)",
    BAR: "var(--bar)",
    ACCENT: "var(--accent)",
}
"""Placeholder in the drawing -> CSS variable of the page."""
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: a smaller file, in the reader's font
    "svg.hashsalt": "chorus",  # the same report gives the same page
    "font.family": ["sans-serif"],
    "font.size": 9.0,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "axes.titlecolor": INK,
    "axes.titlesize": 9.0,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "axes.grid": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
}
WIDTH = 7.2
"""Inches, at 72 points an inch in SVG."""
PANELS = 3
"""Loss panels side by side."""
NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def draw_bars(values: Mapping[str, float], marked: str, name: str) -> str:
    """A horizontal bar for each method, `marked` in the accent colour; an undefined value has no bar.

    `name`: a word, the prefix of the SVG's ids, which must be unique in the page.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 0.34 * max(len(values), 1) + 0.3), layout="constrained")
        axes = figure.subplots()
        positions = range(len(values))
        lengths = [value if math.isfinite(value) else 0.0 for value in values.values()]
        colours = [ACCENT if method == marked else BAR for method in values]
        bars = axes.barh(positions, lengths, height=0.68, color=colours)
        texts = [f"{value:.4f}" if math.isfinite(value) else "–" for value in values.values()]
        axes.bar_label(bars, texts, padding=4)
        axes.set_yticks(positions, [_escape(method) for method in values], color=INK)
        axes.invert_yaxis()
        axes.margins(x=0.12)
        axes.grid(visible=False)
        axes.tick_params(left=False, bottom=False, labelbottom=False)
        axes.spines[["left", "bottom"]].set_visible(False)
        return _render_svg(figure, name, "bar chart")


def draw_reliability(rows: Sequence[ReliabilityRow], name: str) -> str:
    """Observed share over predicted probability: a dot for each bin with its area by count, and the diagonal."""
    most = max((row.count for row in rows), default=1) or 1
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.6, 3.3), layout="constrained")
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=SOFT, linewidth=1, linestyle=(0, (4, 4)))
        axes.scatter(
            [row.predicted for row in rows],
            [row.observed for row in rows],
            s=[12 + 180 * row.count / most for row in rows],
            color=ACCENT,
            alpha=0.75,
            linewidths=0,
            clip_on=False,
        )
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="predicted", ylabel="observed", aspect="equal")
        return _render_svg(figure, name, "reliability diagram")


def draw_losses(epochs: Sequence[Epoch], name: str) -> str:
    """The training loss of every task by epoch, a panel each; the validation loss is dashed in the first panel."""
    losses = {
        task: [epoch.train_loss.get(task, math.nan) for epoch in epochs]
        for task in dict.fromkeys(task for epoch in epochs for task in epoch.train_loss)
    }
    rows = math.ceil(len(losses) / PANELS)
    numbers = [epoch.epoch + 1 for epoch in epochs]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 1.9 * rows), layout="constrained")
        panels: list[Axes] = list(figure.subplots(rows, PANELS, squeeze=False).flat)
        for axes, (task, values) in zip(panels, losses.items(), strict=False):
            axes.plot(numbers, values, color=ACCENT, linewidth=1.6, label="training")
            axes.set_title(_escape(task))
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        for axes in panels[len(losses) :]:
            axes.set_visible(False)
        valid = [epoch.valid_loss for epoch in epochs]
        panels[0].plot(numbers, valid, color=INK, linewidth=1.6, linestyle=(0, (4, 2)), label="validation")
        panels[0].legend(frameon=False, fontsize=8)
        return _render_svg(figure, name, "loss by epoch")


def _escape(text: str) -> str:
    """Text with matplotlib's mathematics escaped."""
    return text.replace("$", r"\$")


def render_file(figure: Figure, colours: Mapping[str, str]) -> str:
    """The SVG file of a figure, with placeholders of the drawing -> colours."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata=NO_METADATA)
    svg = stream.getvalue()
    for placeholder, colour in colours.items():
        svg = svg.replace(placeholder, colour)
    return svg


def _render_svg(figure: Figure, name: str, label: str) -> str:
    """The <svg> element of a figure, for use inside a page."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", transparent=True, metadata=NO_METADATA)
    svg = stream.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg).replace("xlink:href", "href")
    svg = re.sub(r' (width|height)="[0-9.]+pt"', "", svg, count=2)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    for placeholder, variable in THEME.items():
        svg = svg.replace(placeholder, variable)
    width = f"{figure.get_figwidth():g}in"
    return svg.replace("<svg ", f'<svg role="img" aria-label="{label}" style="max-width: {width}" ', 1)
