"""The protocol: each user's last item is left out, and every item that the user has not had is ranked."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.contract.arrays import Indices
from models.evaluation.protocols import InteractionSet, RankingCase, pairs_matrix
from models.recipe.benchmark.data_sets import INTERACTIONS, ITEM, ITEMS, ORDER, USER


@dataclass(frozen=True, slots=True)
class OrderedLog:
    """The n events of U users over I items, by user and oldest first."""

    user_ids: tuple[str, ...]  # U
    item_ids: tuple[str, ...]  # I: the item table, then items that only the log has
    items: Indices  # [n] rows of item_ids
    offsets: Indices  # [U + 1] where each user's events begin
    table: pa.Table  # n rows of the file, in this order


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The events before each user's held-out item, and a list for each user to whom that item is new.

    A user with nothing before the held-out item has no list either.
    """

    items: Indices  # [m] the earlier events' items, by user and oldest first
    offsets: Indices  # [U + 1]
    rows: Indices  # [m] their rows in the log
    case: RankingCase
    relevant: Indices  # [C] the held-out item of each list

    def interactions(self) -> InteractionSet:
        """The earlier events, from which baselines learn."""
        users = np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))
        order = np.arange(len(self.items), dtype=np.float64)
        return InteractionSet(
            users, self.items, order, len(self.offsets) - 1, self.case.seen.shape[1], timed=False
        )

    def lengths(self) -> Indices:
        """[C] the number of earlier events of each list's user."""
        return np.diff(self.offsets)[self.case.users]

    def item_events(self) -> Indices:
        """[I] the number of earlier events of each item, of all users."""
        return np.bincount(self.items, minlength=self.case.seen.shape[1]).astype(np.int64)


def read_log(folder: Path) -> OrderedLog:
    """Read the log and the item ids of a data set's folder; raises OSError or ValueError for files that are none."""
    table = pq.read_table(folder / INTERACTIONS).sort_by([(USER, "ascending"), (ORDER, "ascending")])
    user_ids, users = np.unique(_texts(table, USER), return_inverse=True)
    order = np.argsort(users, kind="stable")  # ids that are numbers sort otherwise as texts
    table, users = table.take(pa.array(order)), users[order]
    items = _texts(table, ITEM)
    catalogue = dict.fromkeys([*_texts(pq.read_table(folder / ITEMS, columns=[ITEM]), ITEM), *items])
    row_of = {item_id: row for row, item_id in enumerate(catalogue)}
    return OrderedLog(
        user_ids=tuple(map(str, user_ids)),
        item_ids=tuple(catalogue),
        items=np.array([row_of[item] for item in items], dtype=np.int64),
        offsets=np.searchsorted(users, np.arange(len(user_ids) + 1)).astype(np.int64),
        table=table,
    )


def hold_out(log: OrderedLog, back: int) -> HeldOut:
    """Hold out each user's event `back` events from the end, 1 for the last; later events are left out altogether."""
    counts = np.maximum(np.diff(log.offsets) - back, 0)  # [U] earlier events
    position = np.arange(len(log.items)) - np.repeat(log.offsets[:-1], np.diff(log.offsets))
    rows = np.flatnonzero(position < np.repeat(counts, np.diff(log.offsets))).astype(np.int64)
    items = log.items[rows]
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    shape = (len(counts), len(log.item_ids))
    seen = pairs_matrix(np.repeat(np.arange(len(counts)), counts), items, shape)
    users = np.flatnonzero(counts).astype(np.int64)
    relevant = log.items[log.offsets[users] + counts[users]]
    held = users * shape[1] + relevant
    had = np.repeat(np.arange(len(counts)), np.diff(seen.indptr)) * shape[1] + seen.indices
    new = np.isin(held, had, invert=True)
    users, relevant = users[new], relevant[new]
    hits = pairs_matrix(np.arange(len(users)), relevant, (len(users), shape[1]))
    return HeldOut(items, offsets, rows, RankingCase(users, seen[users], hits), relevant)


def _texts(table: pa.Table, column: str) -> list[str]:
    if column not in table.column_names:
        raise ValueError(
            f"expected a column {column} in the data set, given {', '.join(table.column_names) or 'none'}"
        )
    return [str(value) for value in table[column].to_pylist()]
