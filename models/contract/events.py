"""What a raw event is: somebody did something with an item at some time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

NO_CONTEXT: Mapping[str, str] = MappingProxyType({})


class Action(StrEnum):
    """The actions every bundle knows; a job's own action names come on top of these."""

    VIEW = "view"
    CLICK = "click"
    LIKE = "like"
    DISLIKE = "dislike"
    RATE = "rate"
    SAVE = "save"
    SHARE = "share"
    PURCHASE = "purchase"
    SKIP = "skip"


NEGATIVE_ACTIONS = frozenset({Action.DISLIKE.value})
"""Actions that say "less of this": they push similar items down."""


@dataclass(frozen=True, slots=True)
class Event:
    """One interaction of one user. `timestamp` is Unix seconds, or the order where a job has no times."""

    item_id: str
    action: str
    timestamp: float
    value: float | None = None
    context: Mapping[str, str] = field(default_factory=lambda: NO_CONTEXT)
