"""The verdict on one item: its place in the list, or the rule that stopped it and what would have to change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.pipeline.types import Reason


class Stage(StrEnum):
    """The stages that can stop an item, in their order."""

    CATALOGUE = "catalogue"
    FILTER = "filter"
    RETRIEVE = "retrieve"
    RERANK = "rerank"


class Rule(StrEnum):
    """The rules that can stop an item; the comments say which stage has them."""

    UNKNOWN = "unknown_item"  # catalogue: no such item, or a deleted one
    UNAVAILABLE = "unavailable"  # filter
    FILTER = "filter"  # filter: the request's
    EXCLUDED = "exclude_ids"  # filter
    SHOWN = "cursor"  # filter: an earlier page has shown it
    SEEN = "exclude_seen"  # filter
    PLAN = "plan"  # filter: the request's words; rerank: items that meet the whole plan come first
    NOT_RETRIEVED = "not_retrieved"  # retrieve: other items are nearer to the user
    CATEGORY_CAP = "max_per_category"  # rerank
    CATEGORY_RUN = "max_consecutive"  # rerank
    DIVERSITY = "diversity"  # rerank: its score would have been enough
    EXPLORATION = "exploration"  # rerank: the draws left it out
    POPULARITY = "popularity"  # rerank: popularity debiasing lowered it
    NEW_ITEMS = "new_items"  # rerank: a place that is kept for new items would be its
    SCORE = "score"  # rerank: too low


@dataclass(frozen=True, slots=True)
class Place:
    """A place of an item among others, and how far it is behind the last one that is in."""

    place: int  # from 1
    of: int
    gap: float  # >= 0; of scores, or of `next` logits for retrieval


@dataclass(frozen=True, slots=True)
class Stop:
    """The first rule that stopped an item."""

    stage: Stage
    rule: Rule
    place: Place | None = (
        None  # among the allowed items (not_retrieved), or among the candidates by score (rerank)
    )


@dataclass(frozen=True, slots=True)
class Need:
    """One change of the request, or of the item, that the item needs to be in the list."""

    change: str  # the request's input, or the item's property
    to: float | bool | None = None  # None: left out or removed


Needs = tuple[tuple[Need, ...], ...]
"""Alternatives: the changes of any one of them are needed, all together."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer about one item."""

    rank: int | None  # in the list, from 1
    stop: Stop | None
    needs: Needs = ()
    score: float | None = None  # None for an unknown item
    values: Mapping[str, float] = field(default_factory=dict)  # head -> calibrated value
    contributions: Mapping[str, float] = field(default_factory=dict)  # head -> contribution
    sources: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    degraded: tuple[str, ...] = ()
    took_ms: Mapping[str, float] = field(default_factory=dict)
