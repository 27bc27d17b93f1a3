"""Export accepted events from the store's stream into a folder, each exactly once, without erased users.

The folder is the data of a job: `interactions: {path: FOLDER, user: user_id, item: item_id, time: timestamp, ...}`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from app.log.day_file import (
    START,
    DayRows,
    drop_erased,
    list_context_columns,
    list_days,
    name_context,
    name_day,
    read_day,
    read_position,
    tabulate,
    widen,
    write_day,
)
from app.state.protocol import StreamEntry, TenantStore

CHUNK = 1_000
"""Entries of one call of the store."""
FLUSH = 100_000
"""Entries after which the files are written, which bounds the memory."""
MOST_CONTEXT_COLUMNS = 100
"""Columns of context keys; later keys are left out, since anybody who sends events can invent them."""
USERS = 500
"""Users whose erasures are read in one call."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did."""

    events: int = 0  # written
    erased_events: int = 0  # removed from files of earlier exports
    left_out_keys: tuple[str, ...] = ()  # context keys without a column
    has_gap: bool = False  # the stream no longer had the entries after the last position: some may be missing


async def export_log(store: TenantStore, folder: Path) -> Exported:
    """Write the events since the last export, and remove those of users who were erased since.

    A process that is killed leaves whole files, and the next export goes on after their last event. The folder
    exists. Raises LogFileError, OSError and StateUnavailableError.
    """
    done = Exported()
    while True:
        position = find_position(folder)
        entries = await _read_entries(store, position)
        if not entries:
            break
        gap = done.has_gap or (not done.events and await _has_gap(store, position, entries[0]))
        done = replace(_write_entries(folder, entries, done), has_gap=gap)
    return replace(done, erased_events=await remove_erased(store, folder))


def find_position(folder: Path) -> str:
    """The entry of the stream that the folder has last; START for an empty folder."""
    return max([START, *map(read_position, list_days(folder))], key=_order)


def _order(position: str) -> tuple[int, int]:
    """What positions are ordered by: milliseconds, then a number."""
    time, _, number = position.partition("-")
    return int(time), int(number)


async def remove_erased(store: TenantStore, folder: Path) -> int:
    """Remove the events of erased users from all files of the folder; the number of removed events."""
    removed = 0
    for path in list_days(folder):
        day = read_day(path)
        erased_at = await _read_erasures(store, day.table.column("user_id").unique().to_pylist())
        kept = drop_erased(day.table, erased_at)
        if len(kept) < len(day.table):
            write_day(path, replace(day, table=kept))
            removed += len(day.table) - len(kept)
    return removed


async def _read_entries(store: TenantStore, position: str) -> list[StreamEntry]:
    """At most FLUSH entries after a position, without those of users who are erased by now."""
    entries: list[StreamEntry] = []
    while len(entries) < FLUSH:
        chunk = await store.read_stream(entries[-1].entry_id if entries else position, CHUNK)
        entries += chunk
        if len(chunk) < CHUNK:
            break
    return entries


async def _has_gap(store: TenantStore, position: str, first: StreamEntry) -> bool:
    """True if the stream no longer has its entry at the position: it was cut, or the entry's user was erased."""
    if position == START:
        return False
    time, number = _order(position)
    before = f"{time}-{number - 1}" if number else f"{time - 1}-{2**64 - 1}"
    at_position = await store.read_stream(before, 1)
    return bool(at_position) and at_position[0].entry_id == first.entry_id


async def _read_erasures(store: TenantStore, users: Sequence[str]) -> dict[str, float]:
    """User -> the time of the erasure, of those who were erased."""
    erased_at: dict[str, float] = {}
    for start in range(0, len(users), USERS):
        part = users[start : start + USERS]
        times = await store.read_erasures(part)
        erased_at |= {user: at for user, at in zip(part, times, strict=True) if at is not None}
    return erased_at


def _write_entries(folder: Path, entries: Sequence[StreamEntry], done: Exported) -> Exported:
    """Append entries to the files of their days, the oldest day first: an entry is written before all later ones."""
    keys = list(dict.fromkeys(key for entry in entries for key in sorted(entry.recorded.event.context)))
    before = _list_columns(folder)
    columns = list(dict.fromkeys([*before, *map(name_context, keys)]))[
        : max(MOST_CONTEXT_COLUMNS, len(before))
    ]
    if len(columns) > len(before):
        _widen_files(folder, columns)
    kept = [key for key in keys if name_context(key) in columns]
    for path, of_day in groupby(entries, lambda entry: name_day(folder, entry)):
        new = tabulate(list(of_day), kept)
        old = [read_day(path).table] if path.exists() else []
        rows = pa.concat_tables([widen(table, columns) for table in (*old, new.table)])
        write_day(path, DayRows(rows, new.position))
    left_out = {*done.left_out_keys, *(key for key in keys if key not in kept)}
    return replace(done, events=done.events + len(entries), left_out_keys=tuple(sorted(left_out)))


def _list_columns(folder: Path) -> list[str]:
    """The context columns that the files have: all have the same ones, but for a killed export."""
    schemas = [pq.read_schema(path) for path in list_days(folder)]
    return list(dict.fromkeys(name for schema in schemas for name in list_context_columns(schema)))


def _widen_files(folder: Path, columns: Sequence[str]) -> None:
    """Give all files these context columns: a job reads every file of the folder by the same names."""
    for path in list_days(folder):
        day = read_day(path)
        if list_context_columns(day.table.schema) != list(columns):
            write_day(path, replace(day, table=widen(day.table, columns)))
