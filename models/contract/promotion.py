"""The promotion gate: compare a bundle's headline figures with another's on the same test data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from models.contract.bundle import REPORT, BundleError, Manifest

TOLERANCE = 0.02
"""The relative loss that is tolerated in each figure."""
STANDARD_ERRORS = 3.0
"""A figure over n lists or events may also be worse by STANDARD_ERRORS / sqrt(n), the scale of its sampling noise.

Measured with trainings that differ in the seed only (docs/measurements.md).
"""
LOWER_IS_BETTER = ("log_loss", "rmse")
"""The metrics for which lower is better, for a report that does not name such figures."""


class NotPromotedError(Exception):
    """The new bundle is worse than the published one; the message has the figures."""


@dataclass(frozen=True, slots=True)
class HeadlineFigure:
    """One headline figure, and the number of lists or events that it averages."""

    value: float
    count: int
    lower_is_better: bool


@dataclass(frozen=True, slots=True)
class HeldOutData:
    """Identity of a job's test data: its start (Unix seconds, or order) and its size."""

    test_from: float
    events: int
    lists: int
    next_event_lists: int


@dataclass(frozen=True, slots=True)
class Headline:
    """A bundle's headline figures by name, with their job and test data."""

    job: str
    test: HeldOutData
    figures: Mapping[str, HeadlineFigure]


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to promote, with the reasons against, the figures compared, or why nothing was compared."""

    promote: bool
    compared: bool
    reasons: tuple[str, ...]


def decide(candidate: Headline, incumbent: Headline, tolerance: float = TOLERANCE) -> Decision:
    """Promote the candidate unless a figure is worse than the incumbent's by more than the margin.

    The margin is the incumbent's figure times (tolerance + STANDARD_ERRORS / sqrt(count)). Figures of another job or
    other test data are not comparable: then the candidate is promoted. Raises ValueError for a tolerance below 0.
    """
    if not tolerance >= 0:
        raise ValueError(f"expected a tolerance >= 0, given {tolerance}")
    if candidate.job != incumbent.job:
        return Decision(True, False, (f"the other bundle is of the job '{incumbent.job}'",))
    if candidate.test != incumbent.test:
        return Decision(True, False, ("the other bundle was measured on other test data",))
    new, old = candidate.figures, incumbent.figures
    if missing := sorted(old.keys() - new.keys()):  # a task was removed or renamed: another job in fact
        return Decision(True, False, (f"the other bundle alone has the figures {', '.join(missing)}",))
    worse = [reason for name in old if (reason := _shortfall(name, new[name], old[name], tolerance))]
    if worse:
        return Decision(False, True, tuple(worse))
    return Decision(
        True, True, tuple(f"{name} {new[name].value:.4f}, was {old[name].value:.4f}" for name in old)
    )


def _shortfall(name: str, new: HeadlineFigure, old: HeadlineFigure, tolerance: float) -> str | None:
    """The reason against promotion if the figure is worse by more than the margin; else None."""
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
    """The part of report.json that identifies the test data of the headline figures."""

    job: str
    data: _Data
    at_cutoff: _Lists
    next_event: _Lists
    heads: tuple[_Head, ...] = ()
    lower_is_better: tuple[str, ...] | None = None


def parse_headline(report: str | bytes, figures: Mapping[str, float]) -> Headline:
    """Parse the headline of a report.json; `figures` is the manifest's summary. Raises pydantic's ValidationError."""
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
    """Read the headline of a bundle; raises BundleError if its report is missing or invalid."""
    if REPORT not in manifest.files:
        raise BundleError(f"expected {REPORT} among the files of the bundle in {folder}, given none")
    try:
        return parse_headline((folder / REPORT).read_bytes(), manifest.summary)
    except (OSError, ValidationError) as error:
        raise BundleError(f"expected a valid {REPORT} in {folder}, given {error}") from error


def _lower_is_better(figure: str, report: _Report) -> bool:
    """True if lower is better for a headline figure, such as rating.rmse."""
    if report.lower_is_better is None:
        return figure.rpartition(".")[2] in LOWER_IS_BETTER
    return figure in report.lower_is_better


def _count(figure: str, report: _Report, head_counts: Mapping[str, int]) -> int:
    """The number of lists or events that a figure averages."""
    head = figure.rpartition(".")[0]
    if head in head_counts:
        return head_counts[head]
    return report.next_event.lists if figure.startswith("next_event_") else report.at_cutoff.lists
