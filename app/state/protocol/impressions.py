"""Protocol of impressions: what answers showed, for a dialogue about an answer and for learning from all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Impression:
    """The list that one answer showed. Item n of `item_ids` stood at the place `first_rank` + n."""

    recommendation_id: str
    user_id: str | None  # None: the request named nobody
    shown_at: float  # Unix seconds
    model_version: str
    item_ids: tuple[str, ...]  # best first
    scores: tuple[float, ...]
    heads: Mapping[str, tuple[float, ...]]  # head -> the calibrated value of each item
    sources: tuple[tuple[str, ...], ...]  # the candidate sources of each item
    first_rank: int = 1
    scene: str | None = None
    variant: str | None = None  # EXPERIMENT:VARIANT of an experiment that the answer counts in
    context: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    propensity: tuple[
        float | None, ...
    ] = ()  # of each item's place; empty without exploration, where it is 1
    query: str = ""  # the words of the request
    plan: Mapping[str, Any] | None = None  # what the words, or the plan, of the request asked for
    ages: tuple[str, ...] = ()  # the band of each item's age when it was shown


@dataclass(frozen=True, slots=True)
class ImpressionEntry:
    """One impression and its position among all."""

    entry_id: str  # the milliseconds of its arrival by the store's clock, a dash, and a number
    impression: Impression


class ImpressionStore(Protocol):
    """The newest impressions, capped by number and age.

    Every method raises StateUnavailableError within its timeout, and never blocks the event loop. An erasure removes
    the impressions of its user.
    """

    async def add(self, impressions: Sequence[Impression]) -> None:
        """Store impressions in one round trip; one that is older than the erasure of its user is left out."""

    async def find(self, recommendation_id: str, user_id: str | None) -> Impression | None:
        """The impression of an answer to this user; None for one of another user, an unknown or an expired one."""

    async def find_all(self, recommendation_ids: Sequence[str]) -> dict[str, Impression]:
        """The impressions of answers by their ids, whoever asked, in one round trip; users go by their stored names."""

    async def read_clock(self) -> float:
        """The clock by which the store notes arrivals, in Unix seconds."""

    async def read_since(self, after: str = "0-0", count: int = 1_000) -> list[ImpressionEntry]:
        """Up to `count` impressions that came after an entry, oldest first."""
