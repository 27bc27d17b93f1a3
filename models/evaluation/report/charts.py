"""Small plots as inline SVG. Colours come from the page's style, so they suit light and dark alike."""

import math
from collections.abc import Mapping, Sequence
from html import escape

from models.evaluation.report.schema import ReliabilityRow

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 30
LINES = 6
"""Line colours that the page's style has: .l0 to .l5."""


def bar_chart(values: Mapping[str, float], marked: str) -> str:
    """One horizontal bar a name, `marked` in the strong colour; an undefined value has no bar."""
    finite = [value for value in values.values() if math.isfinite(value)]
    longest = max(finite, default=0) or 1.0
    row, label = 26, 280
    bars = []
    for number, (name, value) in enumerate(values.items()):
        y = number * row
        length = max(value, 0) / longest * (WIDTH - label - 70) if math.isfinite(value) else 0
        text = f"{value:.4f}" if math.isfinite(value) else "–"
        kind = "bar own" if name == marked else "bar"
        bars.append(
            f'<text x="{label - 8}" y="{y + 17}" text-anchor="end">{escape(name)}</text>'
            f'<rect class="{kind}" x="{label}" y="{y + 4}" width="{length:.1f}" height="{row - 8}" rx="2"/>'
            f'<text x="{label + length + 6:.1f}" y="{y + 17}">{text}</text>'
        )
    return _svg("".join(bars), "bar chart", WIDTH, max(len(values), 1) * row)


def reliability_diagram(rows: Sequence[ReliabilityRow]) -> str:
    """Observed share over predicted probability; a dot's area grows with its count, ideal is the diagonal."""
    most = max((row.count for row in rows), default=1) or 1
    dots = [
        f'<circle class="dot" cx="{_x(row.predicted):.1f}" cy="{_y(row.observed):.1f}" '
        f'r="{2 + 7 * math.sqrt(row.count / most):.1f}"><title>{row.count} predictions: '
        f"{row.predicted:.3f} predicted, {row.observed:.3f} observed</title></circle>"
        for row in rows
    ]
    diagonal = f'<line class="ideal" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>'
    axes = _axes(("0", "1"), ("0", "1"), "predicted")
    return _svg(axes + diagonal + "".join(dots), "reliability diagram")


def line_chart(lines: Mapping[str, Sequence[float]], across: str) -> str:
    """One line a name over 1..n, on one scale; undefined points are left out."""
    points = [value for line in lines.values() for value in line if math.isfinite(value)]
    low, high = min(points, default=0.0), max(points, default=1.0)
    span = high - low or 1.0
    longest = max((len(line) for line in lines.values()), default=1)
    drawn = []
    for number, (name, line) in enumerate(lines.items()):
        path = " ".join(
            f"{_x(place / max(longest - 1, 1)):.1f},{_y((value - low) / span):.1f}"
            for place, value in enumerate(line)
            if math.isfinite(value)
        )
        colour = f"l{number % LINES}"
        drawn.append(
            f'<polyline class="line {colour}" points="{path}"><title>{escape(name)}</title></polyline>'
            f'<text class="{colour}" x="{WIDTH - RIGHT}" y="{TOP + 14 * number + 10}" '
            f'text-anchor="end">{escape(name)}</text>'
        )
    axes = _axes(("1", str(longest)), (f"{low:.3g}", f"{high:.3g}"), across)
    return _svg(axes + "".join(drawn), "line chart")


def _x(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _axes(x: tuple[str, str], y: tuple[str, str], across: str) -> str:
    left, right, floor, top = _x(0), _x(1), _y(0), _y(1)
    return (
        f'<path class="axis" d="M{left},{top}V{floor}H{right}"/>'
        f'<text x="{left}" y="{floor + 18}">{escape(x[0])}</text>'
        f'<text x="{right}" y="{floor + 18}" text-anchor="end">{escape(x[1])}</text>'
        f'<text x="{(left + right) / 2}" y="{floor + 18}" text-anchor="middle">{escape(across)}</text>'
        f'<text x="{left - 6}" y="{floor}" text-anchor="end">{escape(y[0])}</text>'
        f'<text x="{left - 6}" y="{top + 8}" text-anchor="end">{escape(y[1])}</text>'
    )


def _svg(inside: str, title: str, width: int = WIDTH, height: int = HEIGHT) -> str:
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">{inside}</svg>'
