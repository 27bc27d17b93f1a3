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
    CART = "cart"
    PURCHASE = "purchase"
    SKIP = "skip"
    IMPRESSION = "impression"


NEGATIVE_ACTIONS = frozenset({Action.DISLIKE.value})
"""Actions that state a dislike: an event without a value has the lowest one."""
REJECTING_ACTIONS = NEGATIVE_ACTIONS | {Action.SKIP.value}
"""Actions that reject an item: they lower the scores of similar items."""
EXPOSURE_ACTIONS = frozenset({Action.IMPRESSION.value})
"""Actions that show an item, and say nothing of its being taken."""
UNTAKEN_ACTIONS = REJECTING_ACTIONS | EXPOSURE_ACTIONS
"""Actions whose items were not taken: no target of `next`, in no statistic, and no reason."""


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
    text: str = ""  # what the user wrote with it: a review, a comment, a search


class Codes(NamedTuple):
    """A column of n strings as codes."""

    names: tuple[str, ...]
    codes: Indices32  # [n] indices into `names`, -1: missing


def take_codes(columns: Mapping[str, Codes], rows: Indices | Indices32 | Mask | slice) -> dict[str, Codes]:
    """The columns at `rows`."""
    return {name: Codes(column.names, column.codes[rows]) for name, column in columns.items()}


def take_texts(column: Codes | None, rows: Indices | Indices32 | Mask | slice) -> Codes | None:
    """The column at `rows`; None for none."""
    return None if column is None else Codes(column.names, column.codes[rows])


@dataclass(frozen=True, slots=True)
class EventColumns:
    """n events of U users as columns, grouped by user, oldest first within a user."""

    offsets: Indices  # [U + 1]: user u's events are offsets[u]:offsets[u + 1]
    items: Indices  # [n] rows of an item table; a distinct negative number for each item that is not in it
    actions: Indices  # [n] indices into `action_names`
    times: Doubles  # [n] Unix seconds, or the order; NO_TIME for an earlier event without a time
    values: Floats  # [n] NaN: missing
    action_names: tuple[str, ...]
    contexts: Mapping[str, Codes] = field(
        default_factory=dict
    )  # context column -> its value of each event [n]
    texts: Codes | None = None  # [n] what the users wrote

    def __post_init__(self) -> None:
        if self.offsets.ndim != 1 or not len(self.offsets):
            raise ValueError(f"expected offsets [U + 1], given {self.offsets.shape}")
        count = int(self.offsets[-1])
        for name in ("items", "actions", "times", "values"):
            if getattr(self, name).shape != (count,):
                raise ValueError(f"expected {name} [{count}], given {getattr(self, name).shape}")
        if self.texts is not None and self.texts.codes.shape != (count,):
            raise ValueError(f"expected texts [{count}], given {self.texts.codes.shape}")
        for name, column in self.contexts.items():
            if column.codes.shape != (count,):
                raise ValueError(f"expected contexts.{name} [{count}], given {column.codes.shape}")

    def __len__(self) -> int:
        """The number of events."""
        return len(self.items)

    def take(self, rows: Indices | Mask | slice, offsets: Indices) -> "EventColumns":
        """The events at `rows`, which are by user, as those of the users of `offsets`."""
        return EventColumns(
            offsets=offsets,
            items=self.items[rows],
            actions=self.actions[rows],
            times=self.times[rows],
            values=self.values[rows],
            action_names=self.action_names,
            contexts=take_codes(self.contexts, rows),
            texts=take_texts(self.texts, rows),
        )

    def events(self, user: int, item_ids: Sequence[str]) -> tuple[Event, ...]:
        """The events of one user. `item_ids` [I] are the ids of the item table's rows."""
        part = slice(int(self.offsets[user]), int(self.offsets[user + 1]))
        return tuple(
            Event(
                item_ids[item],
                self.action_names[action],
                time,
                None if math.isnan(value) else value,
                context,
                text,
            )
            for item, action, time, value, context, text in zip(
                self.items[part].tolist(),
                self.actions[part].tolist(),
                self.times[part].tolist(),
                self.values[part].tolist(),
                self._contexts(part),
                self._texts(part),
                strict=True,
            )
        )

    def _texts(self, part: slice) -> list[str]:
        """The text of each event of a part."""
        if self.texts is None:
            return [""] * len(self.items[part])
        names, codes = self.texts
        return [names[code] if code >= 0 else "" for code in codes[part].tolist()]

    def _contexts(self, part: slice) -> list[Mapping[str, str]]:
        """The context of each event of a part."""
        count = len(self.items[part])
        if not self.contexts:
            return [NO_CONTEXT] * count
        found: list[dict[str, str]] = [{} for _ in range(count)]
        for name, column in self.contexts.items():
            for context, code in zip(found, column.codes[part].tolist(), strict=True):
                if code >= 0:
                    context[name] = column.names[code]
        return list(found)


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
        contexts=_column_contexts([event.context for event in events]),
    )


def _column_contexts(contexts: Sequence[Mapping[str, str]]) -> dict[str, Codes]:
    """The contexts of n events as columns, by name."""
    columns: dict[str, Codes] = {}
    for name in dict.fromkeys(name for context in contexts for name in context):
        codes: dict[str, int] = {}
        values = [
            codes.setdefault(context[name], len(codes)) if name in context else -1 for context in contexts
        ]
        columns[name] = Codes(tuple(codes), np.array(values, dtype=np.int32))
    return columns


def user_events(events: EventColumns, user: int, before: int | None = None) -> EventColumns:
    """The columns of one user; with `before`, of the user's first `before` events only."""
    start, stop = int(events.offsets[user]), int(events.offsets[user + 1])
    part = slice(start, stop if before is None else min(start + before, stop))
    return events.take(part, np.array([0, part.stop - part.start], dtype=np.int64))


def select_events(events: EventColumns, keep: Mask) -> EventColumns:
    """The events where `keep` [n] is True, of the same U users in the same order."""
    if keep.all():
        return events
    kept_before = np.concatenate([[0], np.cumsum(keep)]).astype(np.int64)
    return events.take(keep, kept_before[events.offsets])


def last_events(events: EventColumns, count: int) -> Mask:
    """Mask [n]: True for the last `count` events of each user."""
    end = np.repeat(events.offsets[1:], np.diff(events.offsets))
    return np.asarray(end - np.arange(len(events)) <= count)
