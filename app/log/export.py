"""Export accepted events and impressions into a folder, each exactly once, without erased users.

The folder is the data of a job: `interactions: {path: FOLDER, user: user_id, item: item_id, time: timestamp, ...}`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from app.log.day_file import (
    MOST_CONTEXT_COLUMNS,
    START,
    DayRows,
    drop_erased,
    list_context_columns,
    list_days,
    make_schema,
    name_context,
    name_day,
    read_day,
    read_order,
    read_position,
    tabulate,
    widen,
    write_day,
)
from app.log.erasures import drop_from_days
from app.log.impression_export import ExportedImpressions, export_impressions
from app.log.impression_queue import WINDOW_S
from app.log.stream_reading import has_gap, read_entries
from app.state.protocol import StreamEntry, TenantStore
from models.contract.roles import NO_ROLES, Roles

FLUSH = 100_000
"""Entries after which the files are written, which bounds the memory."""


@dataclass(frozen=True, slots=True)
class Exported:
    """The outcome of an export."""

    events: int = 0  # written
    erased_events: int = 0  # removed from files of earlier exports
    left_out_keys: tuple[str, ...] = ()  # context keys without a column
    has_gap: bool = False  # the stream no longer had the entries after the last position: some may be missing
    impressions: ExportedImpressions = field(default_factory=ExportedImpressions)

    @property
    def is_idle(self) -> bool:
        """True if nothing was written or removed."""
        impressions = replace(self.impressions, waiting=0)
        return replace(self, impressions=impressions) == Exported()


async def export_log(
    store: TenantStore,
    folder: Path,
    window_s: float = WINDOW_S,
    roles: Roles = NO_ROLES,
    now: float | None = None,
) -> Exported:
    """Write the events since the last export and the impressions whose window is closed, without erased users.

    The events come first: all that were accepted before a window closed are in the files when its impressions are
    joined with them. `now` in Unix seconds says which windows are closed, by default by the store's clock. Raises
    LogFileError, OSError and StateUnavailableError.
    """
    now = await store.impressions.read_clock() if now is None else now
    done = await export_events(store, folder)
    return replace(done, impressions=await export_impressions(store, folder, window_s, now, roles))


async def export_events(store: TenantStore, folder: Path) -> Exported:
    """Write the events since the last export, and remove those of users who were erased since.

    A process that is killed leaves whole files, and the next export goes on after their last event. The folder
    exists. Raises LogFileError, OSError and StateUnavailableError.
    """
    done = Exported()
    while True:
        position = find_position(folder)
        entries = await read_entries(store.read_stream, position, FLUSH)
        if not entries:
            break
        gap = done.has_gap or (not done.events and await has_gap(store.read_stream, position, entries[0]))
        done = replace(_write_entries(folder, entries, done), has_gap=gap)
    return replace(done, erased_events=await remove_erased(store, folder))


def find_position(folder: Path) -> str:
    """The entry of the stream that the folder has last; START for an empty folder."""
    return max([START, *map(read_position, list_days(folder))], key=read_order)


async def remove_erased(store: TenantStore, folder: Path) -> int:
    """Remove the events of erased users from all files of the folder; the number of removed events."""
    removed = 0
    async for before, kept in drop_from_days(store, folder, drop_erased):
        removed += len(before) - len(kept)
    return removed


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
        rows = pa.concat_tables([widen(table, make_schema(columns)) for table in (*old, new.table)])
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
            write_day(path, replace(day, table=widen(day.table, make_schema(columns))))
