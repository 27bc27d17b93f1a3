"""User-item interactions: single records (Event) and columns of many users (EventColumns)."""

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
    """The actions known to every bundle; a job may add action names."""

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
"""Actions that reject an item: they lower the scores of similar items."""


@dataclass(frozen=True, slots=True)
class Event:
    """One interaction of one user.

    `timestamp` is Unix seconds, or the order if the job has no times, or NO_TIME (models.contract.unix_time).
    """

    item_id: str
    action: str
    timestamp: float
    value: float | None = None
    context: Mapping[str, str] = field(default_factory=lambda: NO_CONTEXT)


class Codes(NamedTuple):
    """A column of n strings as codes."""

    names: tuple[str, ...]
    codes: Indices32  # [n] indices into `names`, -1: missing


@dataclass(frozen=True, slots=True)
class EventColumns:
    """n events of U users as columns, grouped by user, oldest first within a user."""

    offsets: Indices  # [U + 1]: user u's events are offsets[u]:offsets[u + 1]
    items: Indices  # [n] rows of an item table; a distinct negative number for each item that is not in it
    actions: Indices  # [n] indices into `action_names`
    times: Doubles  # [n] Unix seconds, or the order; NO_TIME for an earlier event without a time
    values: Floats  # [n] NaN: missing
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
        """The events of one user, without contexts. `item_ids` [I] are the ids of the item table's rows."""
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
    """Convert the events of U users, each oldest first, to columns.

    `row_of` maps an item id to its row, a negative number for an unknown item.
    """
    events = [event for history in users for event in history]
    codes: dict[str, int] = {}
    return EventColumns(
        offsets=np.concatenate([[0], np.cumsum([len(history) for history in users])]).astype(np.int64),
        items=np.array([row_of(event.item_id) for event in events], dtype=np.int64),
        actions=np.array([codes.setdefault(event.action, len(codes)) for event in events], dtype=np.int64),
        times=np.array([event.timestamp for event in events], dtype=np.float64),
        values=np.array(
            [np.nan if event.value is None else event.value for event in events], dtype=np.float32
        ),
        action_names=tuple(codes),
    )


def user_events(events: EventColumns, user: int, before: int | None = None) -> EventColumns:
    """The columns of one user; with `before`, of the user's first `before` events only."""
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
    """The events where `keep` [n] is True, of the same U users in the same order."""
    if keep.all():
        return events
    kept_before = np.concatenate([[0], np.cumsum(keep)]).astype(np.int64)
    return EventColumns(
        offsets=kept_before[events.offsets],
        items=events.items[keep],
        actions=events.actions[keep],
        times=events.times[keep],
        values=events.values[keep],
        action_names=events.action_names,
    )


def last_events(events: EventColumns, count: int) -> Mask:
    """Mask [n]: True for the last `count` events of each user."""
    end = np.repeat(events.offsets[1:], np.diff(events.offsets))
    return np.asarray(end - np.arange(len(events)) <= count)
