"""The plan of a request's words: what is wanted and unwanted, as texts, attributes, numbers and items."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

NO_WEIGHTS: Mapping[str, float] = MappingProxyType({})


class Comparison(StrEnum):
    """How a number of an item is compared; the names are those of filters."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"


@dataclass(frozen=True, slots=True)
class PlannedLabel:
    """Labels of one field, in the spelling of the catalogue. An item has it if it has one of `values`."""

    field: str
    values: tuple[str, ...]  # at least one


@dataclass(frozen=True, slots=True)
class PlannedNumber:
    """A condition on a numeric field."""

    field: str
    op: Comparison
    value: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What the words of a request ask for. Every part has an effect; an empty part has none."""

    direction: str = ""  # the wanted text that no other part has; "" for none
    avoid: tuple[str, ...] = ()  # unwanted texts
    wanted: tuple[PlannedLabel, ...] = ()  # an item has all of them
    unwanted: tuple[PlannedLabel, ...] = ()  # an item has none of them
    conditions: tuple[PlannedNumber, ...] = ()  # an item meets all of them
    like: tuple[str, ...] = ()  # ids of items to be similar to
    unlike: tuple[str, ...] = ()  # ids of items to be far from
    limit: int | None = None  # the number of items asked for
    weights: Mapping[str, float] = field(
        default_factory=lambda: NO_WEIGHTS
    )  # head -> weight; empty: as without
    diversity: float | None = None  # strength in [0, 1]; None: as without a plan


NO_PLAN = Plan()
"""The plan of a request without words."""
