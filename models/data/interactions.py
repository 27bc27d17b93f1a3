"""Cleaned interactions -> the log: sorted by time, users and items numbered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.contract.arrays import Floats, Indices
from models.data.cleaning import Cleaned


class Codes(NamedTuple):
    """A column of texts as numbers."""

    names: tuple[str, ...]
    codes: Indices  # [n] places in `names`, -1: none


@dataclass(frozen=True, slots=True)
class Interactions:
    """n interactions, oldest first; of equal moments by the file's order, or (untimed) by user."""

    users: Indices  # [n] rows of Dataset.user_ids
    items: Indices  # [n] rows of Dataset.items
    times: NDArray[np.float64]  # [n] Unix seconds, or the order
    values: Floats  # [n] NaN: none
    actions: Indices  # [n] places in action_names
    action_names: tuple[str, ...]
    contexts: Mapping[str, Codes]  # by column

    def __len__(self) -> int:
        """The number of interactions."""
        return len(self.users)


def take(log: Interactions, rows: Indices) -> Interactions:
    """The interactions of some rows, in the rows' order."""
    return replace(
        log,
        users=log.users[rows],
        items=log.items[rows],
        times=log.times[rows],
        values=log.values[rows],
        actions=log.actions[rows],
        contexts={name: Codes(column.names, column.codes[rows]) for name, column in log.contexts.items()},
    )


class Numbered(NamedTuple):
    """The log with the IDs that its rows stand for."""

    log: Interactions
    item_ids: tuple[str, ...]  # the ones given, then others by first interaction
    user_ids: tuple[str, ...]  # by first interaction


def number(cleaned: Cleaned, timed: bool, item_ids: Sequence[str], default_action: str) -> Numbered:
    """Sort the interactions, number what they speak of; `default_action` stands where none is named."""
    order = _order(cleaned, timed)
    places = pa.array(order)
    users, items = cleaned.users.take(places), cleaned.items.take(places)
    user_ids: tuple[str, ...] = tuple(pc.unique(users).to_pylist())
    known = set(item_ids)
    all_items = (*item_ids, *(item_id for item_id in pc.unique(items).to_pylist() if item_id not in known))
    given = (
        cleaned.actions
        if cleaned.actions is not None
        else pa.array([default_action] * len(users), pa.string())
    )
    actions = _codes(given.take(places))
    log = Interactions(
        users=_places(users, user_ids),
        items=_places(items, all_items),
        times=cleaned.times[order],
        values=cleaned.values[order],
        actions=actions.codes,
        action_names=actions.names,
        contexts={name: _codes(column.take(places)) for name, column in cleaned.contexts.items()},
    )
    return Numbered(log, all_items, user_ids)


def _order(cleaned: Cleaned, timed: bool) -> Indices:
    if timed:
        return np.argsort(cleaned.times, kind="stable")
    return np.lexsort((_codes(cleaned.users).codes, cleaned.times))


def _codes(column: pa.Array) -> Codes:
    names = tuple(sorted(pc.unique(column.drop_null()).to_pylist()))
    return Codes(names, _places(column, names))


def _places(column: pa.Array, names: Sequence[str]) -> Indices:
    """Each cell's place in `names`, -1 for a null."""
    found = pc.index_in(column, value_set=pa.array(names, pa.string()))
    return np.asarray(found.fill_null(-1), dtype=np.int64)
