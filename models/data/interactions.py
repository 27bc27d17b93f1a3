"""The log of interactions, sorted by time, with numbered users and items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.contract.arrays import Doubles, Floats, Indices, Indices32, Mask
from models.contract.events import EXPOSURE_ACTIONS, Codes, EventColumns, take_codes, take_texts
from models.contract.roles import Roles, weigh_actions
from models.contract.unix_time import NO_TIME
from models.data.cleaning import Cleaned
from models.data.readers.parsing import TextCodes


@dataclass(frozen=True, slots=True)
class Interactions:
    """n interactions, oldest first; equal times in the file's order, or (untimed) by user."""

    users: Indices32  # [n] rows of Dataset.user_ids
    items: Indices32  # [n] rows of Dataset.items
    times: Doubles  # [n] Unix seconds, or the order; NO_TIME for earlier events
    values: Floats  # [n] NaN for none
    actions: Indices32  # [n] indices into action_names
    action_names: tuple[str, ...]
    contexts: Mapping[str, Codes]  # by column
    labels: Mapping[str, Doubles] = field(
        default_factory=dict
    )  # column -> [n], NaN for none; for labels alone
    raw_actions: Codes | None = None  # the log's own actions, where roles give others; for labels alone
    texts: Codes | None = None  # what the users wrote

    def weigh(self, roles: Roles) -> Floats:
        """[n] the weights in the loss of `next`; 0 for what was not taken."""
        return weigh_actions(self.action_names, roles)[self.actions]

    def is_exposure(self, rows: Indices | Indices32) -> Mask:
        """[...] True for the interactions at `rows` [...] that only showed their item."""
        shown: Mask = np.isin(self.action_names, list(EXPOSURE_ACTIONS))
        return shown[self.actions[rows]]

    def __len__(self) -> int:
        """The number of interactions."""
        return len(self.users)

    @property
    def earlier(self) -> int:
        """The number of earlier events, of which only the order is known: the first rows."""
        return int(np.searchsorted(self.times, NO_TIME, side="right"))


def take(log: Interactions, rows: Indices | Indices32 | Mask) -> Interactions:
    """The interactions at `rows`, in the order of `rows`."""
    return replace(
        log,
        users=log.users[rows],
        items=log.items[rows],
        times=log.times[rows],
        values=log.values[rows],
        actions=log.actions[rows],
        contexts=take_codes(log.contexts, rows),
        labels={name: column[rows] for name, column in log.labels.items()},
        raw_actions=take_texts(log.raw_actions, rows),
        texts=take_texts(log.texts, rows),
    )


def columns_at(log: Interactions, rows: Indices | Indices32, offsets: Indices) -> EventColumns:
    """The events at `rows` of the log, which are by user, oldest first; `offsets` [users + 1] as in EventColumns."""
    return EventColumns(
        offsets=offsets,
        items=log.items[rows].astype(np.int64),
        actions=log.actions[rows].astype(np.int64),
        times=log.times[rows],
        values=log.values[rows],
        action_names=log.action_names,
        contexts=take_codes(log.contexts, rows),
        texts=take_texts(log.texts, rows),
    )


class Numbered(NamedTuple):
    """The log with the IDs of its items and users."""

    log: Interactions
    item_ids: tuple[str, ...]  # the item table's, then others by first interaction
    user_ids: tuple[str, ...]  # by first interaction


def number(cleaned: Cleaned, timed: bool, item_ids: Sequence[str], default_action: str) -> Numbered:
    """Sort the interactions and number their users and items; `default_action` is used without an action column.

    Earlier events, whose time is NO_TIME, come first.
    """
    order = _sort_rows(cleaned, timed)
    user_ids, users = _number_by_first(cleaned.users, order, ())
    all_items, items = _number_by_first(cleaned.items, order, item_ids)
    if cleaned.actions is None:
        actions = Codes((default_action,), np.zeros(len(order), dtype=np.int32))
    else:
        actions = _number_by_name(cleaned.actions, order)
    log = Interactions(
        users=users,
        items=items,
        times=cleaned.times[order],
        values=cleaned.values[order],
        actions=actions.codes,
        action_names=actions.names,
        contexts={name: _number_by_name(column, order) for name, column in cleaned.contexts.items()},
        labels={name: column[order] for name, column in cleaned.labels.items()},
        texts=None if cleaned.texts is None else _number_by_name(cleaned.texts, order),
    )
    return Numbered(log, all_items, user_ids)


def _sort_rows(cleaned: Cleaned, timed: bool) -> Indices:
    """The order [n] of the rows by time, and by order at the same time; untimed: by order and then by user id."""
    if timed and cleaned.orders is not None:
        return np.lexsort((cleaned.orders, cleaned.times))
    if timed:
        return np.argsort(cleaned.times, kind="stable")
    names = cleaned.users.names
    ranks = np.empty(len(names), dtype=np.int32)
    ranks[np.asarray(pc.sort_indices(names))] = np.arange(len(names), dtype=np.int32)
    return np.lexsort((ranks[cleaned.users.codes], cleaned.times))


def _number_by_first(
    column: TextCodes, order: Indices, listed: Sequence[str]
) -> tuple[tuple[str, ...], Indices32]:
    """The listed names, then others by first occurrence in `order`; and each row's index into these names."""
    codes = column.codes[order]
    first = np.full(len(column.names), len(codes), dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]  # the last assignment wins, which is the first row
    table = np.full(len(first), -1, dtype=np.int32)
    if listed:
        rows = pc.index_in(column.names, value_set=pa.array(listed, pa.string()))
        table = np.array(rows.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int32)
    others = np.flatnonzero((first < len(codes)) & (table < 0))
    others = others[np.argsort(first[others])]
    table[others] = np.arange(len(listed), len(listed) + len(others))
    return (*listed, *column.names.take(pa.array(others)).to_pylist()), table[codes]


def _number_by_name(column: TextCodes, order: Indices) -> Codes:
    """The names that occur, sorted, and each row's index into them; -1 for an empty cell."""
    codes = column.codes[order]
    present = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(column.names)))
    names = column.names.take(pa.array(present)).to_pylist()
    ordered = sorted(range(len(names)), key=names.__getitem__)
    table = np.full(len(column.names) + 1, -1, dtype=np.int32)  # -1 selects the last element
    table[present[ordered]] = np.arange(len(names))
    return Codes(tuple(names[index] for index in ordered), table[codes])
