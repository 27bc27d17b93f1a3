"""Events: what a user did with an item at a time, one by one (Event) or as columns (EventColumns)."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from models.contract.arrays import Doubles, Floats, Indices, Indices32, Mask

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


class Codes(NamedTuple):
    """A column of n texts as codes."""

    names: tuple[str, ...]
    codes: Indices32  # [n] indices into `names`, -1: none


@dataclass(frozen=True, slots=True)
class EventColumns:
    """n events of U users as columns, by user, oldest first within a user."""

    offsets: Indices  # [U + 1]: user u's events are offsets[u]:offsets[u + 1]
    items: Indices  # [n] rows of an item table; negative: not in it, each such item by a number
    actions: Indices  # [n] indices into `action_names`
    times: Doubles  # [n] Unix seconds, or the order
    values: Floats  # [n] NaN: none
    action_names: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.offsets.ndim != 1 or not len(self.offsets):
            raise ValueError(f"expected offsets [U + 1], given {self.offsets.shape}")
        count = int(self.offsets[-1])
        for name in ("items", "actions", "times", "values"):
            if getattr(self, name).shape != (count,):
                raise ValueError(f"expected {name} [{count}], given {getattr(self, name).shape}")

    def __len__(self) -> int:
        """The number of events."""
        return len(self.items)

    def events(self, user: int, item_ids: Sequence[str]) -> tuple[Event, ...]:
        """One user's events, without contexts; `item_ids` are the item table's."""
        part = slice(int(self.offsets[user]), int(self.offsets[user + 1]))
        return tuple(
            Event(item_ids[item], self.action_names[action], time, None if math.isnan(value) else value)
            for item, action, time, value in zip(
                self.items[part].tolist(),
                self.actions[part].tolist(),
                self.times[part].tolist(),
                self.values[part].tolist(),
                strict=True,
            )
        )


def column_events(users: Sequence[Sequence[Event]], row_of: Callable[[str], int]) -> EventColumns:
    """The events of U users, each oldest first, as columns. `row_of`: item id -> row, -1 where unknown."""
    events = [event for history in users for event in history]
    codes: dict[str, int] = {}
    return EventColumns(
        offsets=np.concatenate([[0], np.cumsum([len(history) for history in users])]).astype(np.int64),
        items=np.fromiter((row_of(event.item_id) for event in events), np.int64, len(events)),
        actions=np.fromiter(
            (codes.setdefault(event.action, len(codes)) for event in events), np.int64, len(events)
        ),
        times=np.fromiter((event.timestamp for event in events), np.float64, len(events)),
        values=np.fromiter(
            (np.nan if event.value is None else event.value for event in events), np.float32, len(events)
        ),
        action_names=tuple(codes),
    )


def user_events(events: EventColumns, user: int, before: int | None = None) -> EventColumns:
    """The columns of one user alone; with `before`, only the user's first `before` events: one earlier moment."""
    start, stop = int(events.offsets[user]), int(events.offsets[user + 1])
    part = slice(start, stop if before is None else min(start + before, stop))
    return EventColumns(
        offsets=np.array([0, len(events.items[part])], dtype=np.int64),
        items=events.items[part],
        actions=events.actions[part],
        times=events.times[part],
        values=events.values[part],
        action_names=events.action_names,
    )


def select_events(events: EventColumns, keep: Mask) -> EventColumns:
    """The events that `keep` [n] marks, of the same users in the same order."""
    before = np.concatenate([[0], np.cumsum(keep)]).astype(np.int64)
    return EventColumns(
        offsets=before[events.offsets],
        items=events.items[keep],
        actions=events.actions[keep],
        times=events.times[keep],
        values=events.values[keep],
        action_names=events.action_names,
    )


def last_events(events: EventColumns, count: int) -> Mask:
    """[n] True for the last `count` events of each user."""
    end = np.repeat(events.offsets[1:], np.diff(events.offsets))
    return np.asarray(end - np.arange(len(events)) <= count)
