"""Export impressions into the folder `impressions` of the exported log, each exactly once, joined with its events.

A process that is killed leaves whole files. What it had written of the queue is known by the positions of the days.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from app.log.day_file import (
    MOST_CONTEXT_COLUMNS,
    START,
    DayRows,
    list_days,
    name_day,
    read_acceptance,
    read_day,
    read_order,
    read_position,
    widen,
    write_day,
)
from app.log.erasures import drop_from_days, read_erasures
from app.log.impression_queue import list_queues, name_queue, read_queue, write_queue
from app.log.impression_rows import (
    CONTEXT,
    drop_erased_rows,
    list_columns,
    make_schema,
    name_columns,
    tabulate_impressions,
)
from app.log.stream_reading import has_gap, read_entries
from app.log.takes import find_label, read_takes
from app.state.protocol import ImpressionEntry, TenantStore
from models.contract.roles import Roles

FOLDER = "impressions"
"""The folder within that of the events: a job that reads the events' folder reads its files alone."""
FLUSH = 20_000
"""Impressions that are written at once, which bounds the memory."""


@dataclass(frozen=True, slots=True)
class ExportedImpressions:
    """The outcome of an export of impressions, in numbers of answers."""

    written: int = 0
    waiting: int = 0  # their window is open
    erased: int = 0  # removed from files of earlier exports, and from those that wait
    has_gap: bool = False  # the stream no longer had the entries after the last position: some may be missing


async def export_impressions(
    store: TenantStore, folder: Path, window_s: float, now: float, roles: Roles
) -> ExportedImpressions:
    """Read the new impressions, and write those whose window is closed `now`, by the events that `folder` has.

    Raises LogFileError, OSError and StateUnavailableError.
    """
    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    for path in list_queues(place)[-1:]:
        read_queue(path, window_s)  # refuses another window before anything is written
    is_cut = await _read_new(store, place, window_s)
    erased = await _remove_erased(store, place, window_s)
    written, waiting = 0, 0
    for path in list_queues(place):
        queue = read_queue(path, window_s)
        due = queue.count_due(now)
        waiting += len(queue) - due
        for start in range(0, due, FLUSH):
            written += _write_entries(folder, queue.take(start, min(start + FLUSH, due)), window_s, roles)
        if due:
            write_queue(path, queue.drop(due))
    _remove_empty(place, window_s)
    return ExportedImpressions(written, waiting, erased, is_cut)


def _remove_empty(place: Path, window_s: float) -> None:
    """Remove the empty files of the queue but the newest, which has the position."""
    for path in list_queues(place)[:-1]:
        if not len(read_queue(path, window_s)):
            path.unlink()


async def _read_new(store: TenantStore, place: Path, window_s: float) -> bool:
    """Write what came since to the queue; whether the stream was cut before that."""
    position = max(
        [START, *map(read_position, [*list_days(place), *list_queues(place)])],
        key=read_order,
    )
    read = store.impressions.read_since
    is_cut, is_first = False, True
    while entries := await read_entries(read, position, FLUSH):
        is_cut = is_cut or (is_first and await has_gap(read, position, entries[0]))
        is_first = False
        for path, of_hour in groupby(entries, lambda entry: name_queue(place, entry)):
            write_queue(path, read_queue(path, window_s).append(list(of_hour)))
        position = entries[-1].entry_id
    return is_cut


async def _remove_erased(store: TenantStore, place: Path, window_s: float) -> int:
    """Remove what erased users were shown from all files; the number of removed answers."""
    removed = 0
    async for before, kept in drop_from_days(store, place, drop_erased_rows):
        removed += _count_answers(before) - _count_answers(kept)
    for path in list_queues(place):
        queue = read_queue(path, window_s)
        users = queue.table.column("user_id").unique().to_pylist()
        kept_queue = queue.drop_erased(await read_erasures(store, users))
        if len(kept_queue) < len(queue):
            write_queue(path, kept_queue)
            removed += len(queue) - len(kept_queue)
    return removed


def _count_answers(table: pa.Table) -> int:
    count: int = pc.count_distinct(table.column("recommendation_id")).as_py()
    return count


def _write_entries(folder: Path, entries: Sequence[ImpressionEntry], window_s: float, roles: Roles) -> int:
    """Append impressions to the files of their days, the oldest day first; the number of those that were not there."""
    place = folder / FOLDER
    columns = _widen_files(place, name_columns([entry.impression for entry in entries]))
    first, last = read_acceptance(entries[0]), read_acceptance(entries[-1])
    ids = {entry.impression.recommendation_id for entry in entries}
    takes = read_takes(folder, ids, first, last + window_s, roles)
    written = 0
    for path, of_day in groupby(entries, lambda entry: name_day(place, entry)):
        old = [read_day(path)] if path.exists() else []
        after = read_order(old[0].position if old else START)
        new = [
            entry for entry in of_day if read_order(entry.entry_id) > after
        ]  # others were written before a kill
        if new:
            rows = tabulate_impressions(
                new,
                columns,
                lambda entry, item_id: find_label(
                    takes, entry.impression.recommendation_id, item_id, read_acceptance(entry), window_s
                ),
            )
            table = pa.concat_tables([*(widen(day.table, make_schema(columns)) for day in old), rows])
            write_day(path, DayRows(table, new[-1].entry_id))
            written += len(new)
    return written


def _widen_files(place: Path, needed: Sequence[str]) -> list[str]:
    """The columns of context keys and heads, which all files have then. Context keys beyond the most are left out."""
    schemas = {path: list_columns(pq.read_schema(path)) for path in list_days(place)}
    known = list(dict.fromkeys(name for names in schemas.values() for name in names))
    room = MOST_CONTEXT_COLUMNS - sum(name.startswith(CONTEXT) for name in known)
    new = [name for name in needed if name not in known]
    contexts = [name for name in new if name.startswith(CONTEXT)][: max(room, 0)]
    columns = [*known, *contexts, *(name for name in new if not name.startswith(CONTEXT))]
    ordered = sorted(columns)
    for path, names in schemas.items():
        if names != ordered:
            day = read_day(path)
            write_day(path, replace(day, table=widen(day.table, make_schema(ordered))))
    return ordered
