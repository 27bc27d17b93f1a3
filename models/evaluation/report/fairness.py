"""Quality by user group and exposure by popularity in report.json."""

import math
from enum import StrEnum
from typing import Self

from pydantic import BaseModel

from models.evaluation.paired_bootstrap import Interval
from models.evaluation.report.figure import PART, Figure


class GroupingKind(StrEnum):
    """The basis of a grouping of users: a value of their profiles, or what they did before the list."""

    ATTRIBUTE = "attribute"
    ACTIVITY = "activity"


class Estimate(BaseModel):
    """A figure with its 95 % interval, whose bounds are None where the lists do not tell."""

    model_config = PART

    value: float
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, interval: Interval) -> Self:
        """The estimate of an interval, whose bounds may be nan."""
        if not math.isfinite(interval.low):
            return cls(value=interval.mean)
        return cls(value=interval.mean, low=interval.low, high=interval.high)


class UserGroup(BaseModel):
    """The lists of a group of users, as served, at `Report.k`."""

    model_config = PART

    name: str
    lists: int
    users: int
    ndcg: Estimate
    hit_rate: Estimate
    difference_to_others: Estimate | None = None
    """NDCG less that of all other lists; None where either has fewer than LEAST_USERS users.

    The interval holds for all groups of the table at once.
    """

    @property
    def is_worse(self) -> bool:
        """True if the group's lists are worse than the others beyond chance."""
        difference = self.difference_to_others
        return difference is not None and difference.high is not None and difference.high < 0


class GroupGap(BaseModel):
    """The largest difference in NDCG between two groups of at least LEAST_USERS users.

    The interval holds for all pairs of the grouping's groups at once, as the largest of them was chosen.
    """

    model_config = PART

    best: str
    worst: str
    difference: Estimate


class UserGrouping(BaseModel):
    """The lists of a protocol by one attribute of their users, or by their activity."""

    model_config = PART

    kind: GroupingKind
    name: str
    groups: tuple[UserGroup, ...]
    gap: GroupGap | None = None
    """None for fewer than two groups that are large enough."""


class PopularityBand(BaseModel):
    """Items of about the same popularity before the test, as shares."""

    model_config = PART

    name: str
    items: int
    catalogue: Figure
    """Of the catalogue's items."""
    events: Figure
    """Of the users' items before the test."""
    relevant: Figure
    """Of the relevant items of all lists."""
    shown: dict[str, Figure]
    """Method -> of the places that its lists fill."""
