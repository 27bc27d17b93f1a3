"""The log of a data set by user, oldest first, after each user's earlier events."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from models.contract.arrays import Doubles, Indices
from models.contract.unix_time import NO_TIME
from models.recipe.benchmark.data_sets import FoundDataSet

SECONDS = {"s": 1.0, "ms": 1e-3}
"""Units of time in seconds."""


@dataclass(frozen=True, slots=True)
class OrderedLog:
    """The n events of U users over I items, by user and oldest first."""

    user_ids: tuple[str, ...]  # U
    item_ids: tuple[str, ...]  # I: the item table, then items that only the events have
    items: Indices  # [n] rows of item_ids
    offsets: Indices  # [U + 1] where each user's events begin
    times: Doubles | None  # [n] Unix seconds, NO_TIME for earlier events; None for a log without a clock
    rows: Indices  # [n] rows of the table; -1 for earlier events
    table: pa.Table  # of the log's file, the rows that count

    @property
    def users(self) -> Indices:
        """[n] rows of user_ids."""
        return np.repeat(np.arange(len(self.user_ids)), np.diff(self.offsets))


@dataclass(frozen=True, slots=True)
class _Events:
    """Events in any order; `clock` is a time or an order."""

    users: list[str]
    items: list[str]
    clock: Doubles
    rows: Indices


def read_log(found: FoundDataSet) -> OrderedLog:
    """Read the log, the earlier events and the item ids; raises OSError, or ValueError for files that are none."""
    table = _read_log_rows(found)
    events = _join(_read_histories(found), _read_events(found, table))
    user_ids, users = np.unique(events.users, return_inverse=True)  # ids that are numbers sort as texts too
    order = np.lexsort((events.clock, users))  # stable: events of one moment stay in the file's order
    item_column = found.data_set.items["id"]
    catalogue = read_texts(read_table(found.path_of("items")), item_column)
    row_of = {item_id: row for row, item_id in enumerate(dict.fromkeys([*catalogue, *events.items]))}
    return OrderedLog(
        user_ids=tuple(map(str, user_ids)),
        item_ids=tuple(row_of),
        items=np.array([row_of[item] for item in events.items], dtype=np.int64)[order],
        offsets=np.searchsorted(users[order], np.arange(len(user_ids) + 1)).astype(np.int64),
        times=events.clock[order] if "time" in found.data_set.interactions else None,
        rows=events.rows[order],
        table=table,
    )


def _read_log_rows(found: FoundDataSet) -> pa.Table:
    """The rows of the log that count."""
    table, taken = read_table(found.path_of("interactions")), found.data_set.taken
    return table if taken is None else table.filter(pc.equal(_column(table, taken), 1))


def _read_events(found: FoundDataSet, table: pa.Table) -> _Events:
    section = found.data_set.interactions
    clock = _column(table, section.get("time") or section["order"]).to_numpy().astype(np.float64)
    clock = clock * SECONDS[section.get("time_unit", "s")] if "time" in section else clock
    rows = np.arange(len(table), dtype=np.int64)
    return _Events(read_texts(table, section["user"]), read_texts(table, section["item"]), clock, rows)


def _read_histories(found: FoundDataSet) -> _Events:
    """The earlier events, which have no time; none without histories."""
    section = found.data_set.histories
    if not section:
        return _Events([], [], np.zeros(0), np.zeros(0, dtype=np.int64))
    table = read_table(found.path_of("histories"))
    lists = _column(table, section["items"]).to_pylist()
    pairs = [
        (user, str(item))
        for user, items in zip(read_texts(table, section["user"]), lists, strict=True)
        for item in items
    ]
    users, items = [user for user, _item in pairs], [item for _user, item in pairs]
    return _Events(users, items, np.full(len(pairs), NO_TIME), np.full(len(pairs), -1, dtype=np.int64))


def _join(first: _Events, second: _Events) -> _Events:
    return _Events(
        users=[*first.users, *second.users],
        items=[*first.items, *second.items],
        clock=np.concatenate([first.clock, second.clock]),
        rows=np.concatenate([first.rows, second.rows]),
    )


def read_table(path: Path) -> pa.Table:
    """A Parquet or CSV file."""
    return pyarrow.csv.read_csv(path) if path.suffix == ".csv" else pq.read_table(path)


def read_texts(table: pa.Table, column: str) -> list[str]:
    """The cells of a column as texts, empty for null; raises ValueError if the table lacks it."""
    return ["" if value is None else str(value) for value in _column(table, column).to_pylist()]


def _column(table: pa.Table, column: str) -> pa.ChunkedArray:
    if column not in table.column_names:
        raise ValueError(
            f"expected a column {column} in the data set, given {', '.join(table.column_names) or 'none'}"
        )
    return table[column]
