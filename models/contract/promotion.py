"""The promotion gate: whether a bundle's headline figures are no worse than another's on the same test data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from models.contract.bundle import REPORT, BundleError, Manifest

TOLERANCE = 0.02
"""The share by which a figure may be worse."""
STANDARD_ERRORS = 3.0
"""A figure of n lists or events may be worse by this many times 1 / sqrt(n) more, the scale of its sampling noise.

Measured with trainings that differ by their seed alone (docs/measurements.md).
"""
LOWER_IS_BETTER = ("log_loss", "rmse")
"""The metrics of which less is better, for a report that does not name such figures."""


@dataclass(frozen=True, slots=True)
class HeadlineFigure:
    """One headline figure, and the number of lists or events over which it is a mean."""

    value: float
    count: int
    lower_is_better: bool


@dataclass(frozen=True, slots=True)
class HeldOutData:
    """What identifies the test data of a job: where it begins (Unix seconds, or order), and its size."""

    test_from: float
    events: int
    lists: int
    next_event_lists: int


@dataclass(frozen=True, slots=True)
class Headline:
    """A bundle's headline figures by name, with the job and the test data they belong to."""

    job: str
    test: HeldOutData
    figures: Mapping[str, HeadlineFigure]


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to promote; the reasons against, or the figures compared, or why nothing could be compared."""

    promote: bool
    compared: bool
    reasons: tuple[str, ...]


def decide(candidate: Headline, incumbent: Headline, tolerance: float = TOLERANCE) -> Decision:
    """Promote a candidate of which no figure is worse than the incumbent's by more than the margin.

    The margin is a share of the incumbent's figure: `tolerance` (>= 0, else ValueError) plus STANDARD_ERRORS /
    sqrt(count). Figures of another job or of other test data are not comparable: such a candidate is promoted.
    """
    if not tolerance >= 0:
        raise ValueError(f"expected a tolerance >= 0, given {tolerance}")
    if candidate.job != incumbent.job:
        return Decision(True, False, (f"the other bundle is of the job '{incumbent.job}'",))
    if candidate.test != incumbent.test:
        return Decision(True, False, ("the other bundle was measured on other test data",))
    new, old = candidate.figures, incumbent.figures
    worse = [reason for name in old if (reason := _shortfall(name, new.get(name), old[name], tolerance))]
    if worse:
        return Decision(False, True, tuple(worse))
    return Decision(
        True, True, tuple(f"{name} {new[name].value:.4f}, was {old[name].value:.4f}" for name in old)
    )


def _shortfall(name: str, new: HeadlineFigure | None, old: HeadlineFigure, tolerance: float) -> str | None:
    if new is None:
        return f"expected the figure {name}, given none"
    margin = (tolerance + STANDARD_ERRORS / math.sqrt(max(old.count, 1))) * abs(old.value)
    if old.lower_is_better:
        worst = old.value + margin
        return f"expected {name} at most {worst:.4f}, given {new.value:.4f}" if new.value > worst else None
    worst = old.value - margin
    return f"expected {name} at least {worst:.4f}, given {new.value:.4f}" if new.value < worst else None


class _Data(BaseModel):
    test: int
    test_from: float


class _Lists(BaseModel):
    lists: int


class _Head(BaseModel):
    name: str
    count: int


class _Report(BaseModel):
    """The part of report.json that says what the headline figures were measured on."""

    job: str
    data: _Data
    at_cutoff: _Lists
    next_event: _Lists
    heads: tuple[_Head, ...] = ()
    lower_is_better: tuple[str, ...] | None = None


def parse_headline(report: str | bytes, figures: Mapping[str, float]) -> Headline:
    """The headline of a report.json; `figures` are the manifest's summary. Raises pydantic's ValidationError."""
    parsed = _Report.model_validate_json(report)
    counts = {head.name: head.count for head in parsed.heads}
    return Headline(
        job=parsed.job,
        test=HeldOutData(
            parsed.data.test_from, parsed.data.test, parsed.at_cutoff.lists, parsed.next_event.lists
        ),
        figures={
            name: HeadlineFigure(value, _count(name, parsed, counts), _lower_is_better(name, parsed))
            for name, value in figures.items()
        },
    )


def read_headline(folder: Path, manifest: Manifest) -> Headline:
    """The headline of a bundle; raises BundleError where its report cannot be read."""
    try:
        return parse_headline((folder / REPORT).read_bytes(), manifest.summary)
    except (OSError, ValidationError) as error:
        raise BundleError(f"expected a valid {REPORT} in {folder}, given {error}") from error


def _lower_is_better(figure: str, report: _Report) -> bool:
    """Whether less is better of a headline figure, such as rating.rmse."""
    if report.lower_is_better is None:
        return figure.rpartition(".")[2] in LOWER_IS_BETTER
    return figure in report.lower_is_better


def _count(figure: str, report: _Report, head_counts: Mapping[str, int]) -> int:
    """The lists or events over which a figure is a mean."""
    head = figure.rpartition(".")[0]
    if head in head_counts:
        return head_counts[head]
    return report.next_event.lists if figure.startswith("next_event_") else report.at_cutoff.lists
