"""Sum outcomes by what they are asked by, and the calibration of heads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, product

from app.outcomes.join import BINS
from app.state.protocol import Cell, Counts, LabelCell, LabelCounts
from app.state.protocol.outcomes import SOURCE_SIGN

DIMENSIONS = ("scene", "variant", "model_version", "source", "rank", "item_age")
"""What outcomes can be asked by."""


@dataclass(frozen=True, slots=True)
class Group:
    """The counts of all cells with these parts, in the order of the question."""

    parts: tuple[str, ...]
    counts: Counts


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """The labels whose predictions were in [low, high)."""

    low: float
    high: float
    counts: LabelCounts


@dataclass(frozen=True, slots=True)
class HeadCalibration:
    """The labels of one head of one model version, and its bins that have any."""

    head: str
    model_version: str
    counts: LabelCounts
    bins: tuple[CalibrationBin, ...]


def sum_counts(cells: Mapping[Cell, Counts]) -> Counts:
    """The counts of all cells."""
    return sum(cells.values(), Counts())


def group_cells(cells: Mapping[Cell, Counts], by: Sequence[str]) -> list[Group]:
    """The counts by these dimensions, the most shown first. An item counts under each of its sources."""
    groups: dict[tuple[str, ...], Counts] = {}
    for cell, counts in cells.items():
        for parts in product(*(_read_parts(cell, dimension) for dimension in by)):
            groups[parts] = groups.get(parts, Counts()) + counts
    ordered = sorted(groups.items(), key=lambda item: (-item[1].shown, item[0]))
    return [Group(parts, counts) for parts, counts in ordered]


def _read_parts(cell: Cell, dimension: str) -> tuple[str, ...]:
    if dimension == "source":
        return tuple(cell.sources.split(SOURCE_SIGN))
    part: str = getattr(cell, dimension)
    return (part,)


def sum_labels(labels: Mapping[LabelCell, LabelCounts]) -> list[HeadCalibration]:
    """The calibration of each head and model version, in their order."""
    calibrations = []
    for (head, version), cells in groupby(sorted(labels), lambda cell: (cell.head, cell.model_version)):
        bins = [CalibrationBin(cell.bin / BINS, (cell.bin + 1) / BINS, labels[cell]) for cell in cells]
        counts = sum((each.counts for each in bins), LabelCounts())
        calibrations.append(HeadCalibration(head, version, counts, tuple(bins)))
    return calibrations
