"""Protocol of outcomes: how often items were shown and taken, counted by hour and by how they were shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, Protocol

HOUR_S = 3600
REST = "(rest)"
"""Stands in every part of the cell that counts what came when there were as many cells as there may be."""


class Cell(NamedTuple):
    """How an item was shown; "" for none."""

    scene: str
    variant: str
    model_version: str
    sources: str  # the candidate sources, joined by SOURCE_SIGN
    rank: str  # a band of places
    item_age: str  # a band of ages


SOURCE_SIGN = "+"
REST_CELL = Cell(*(REST,) * 6)


class LabelCell(NamedTuple):
    """A head of a model version, and the bin of its predictions."""

    head: str
    model_version: str
    bin: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Items shown and taken, and the sum of the values of the taken ones and of the values' squares."""

    shown: int = 0
    takes: int = 0
    value: float = 0.0
    squares: float = 0.0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.shown + other.shown,
            self.takes + other.takes,
            self.value + other.value,
            self.squares + other.squares,
        )


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """Labels that events told, the sum of the predictions for them, and how many of the labels are true."""

    labels: int = 0
    predicted: float = 0.0
    observed: int = 0

    def __add__(self, other: "LabelCounts") -> "LabelCounts":
        return LabelCounts(
            self.labels + other.labels, self.predicted + other.predicted, self.observed + other.observed
        )


@dataclass(frozen=True, slots=True)
class Take:
    """A target event of an item that an answer showed. It counts in the hour of the answer."""

    recommendation_id: str
    rank: int
    hour: int  # Unix seconds / HOUR_S
    cell: Cell
    value: float


@dataclass(frozen=True, slots=True)
class Label:
    """The label of a head that an event told of an item that an answer showed. It counts in the hour of the answer."""

    recommendation_id: str
    rank: int
    hour: int
    cell: LabelCell
    predicted: float
    observed: bool


class TakeFate(IntEnum):
    """The fate of a take. The values are those of the scripts of Redis."""

    REPEATED = 0  # an event of the item counted before, with the same value or a higher one
    COUNTED = 1
    RAISED = 2  # an event of the item counted before, with a lower value, which this one replaces
    NO_ROOM = 3  # as many takes of the hour's answers are remembered as may be


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The counts of some hours."""

    cells: Mapping[Cell, Counts] = field(default_factory=dict)
    labels: Mapping[LabelCell, LabelCounts] = field(default_factory=dict)


class OutcomeStore(Protocol):
    """Counts of outcomes by hour, capped and with a time to live, shared by all replicas.

    Every method raises StateUnavailableError within its timeout, and never blocks the event loop. There is nothing of a
    user in them, and so an erasure changes no count.
    """

    async def add_shown(self, shown: Mapping[tuple[int, Cell], int]) -> None:
        """Add numbers of shown items by hour and cell."""

    async def add_takes(self, takes: Sequence[Take]) -> list[TakeFate]:
        """Count takes; of the events of one item of one answer the highest value counts, once."""

    async def add_labels(self, labels: Sequence[Label]) -> None:
        """Count labels; of one item of one answer the first label of a head counts."""

    async def read(self, first: int, last: int) -> Outcomes:
        """The sums from one hour to another, both included."""
