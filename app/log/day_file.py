"""A file of the exported log: what the store took on one day (UTC), in its order, and the columns of events.

The file's metadata has the position in the stream up to which it was written, so that rows and position change at once.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from app.state.protocol import ImpressionEntry, StreamEntry
from models.contract.replaced_file import name_temporary

START = "0-0"
"""The position before the first entry of a stream."""
ACCEPTED = "accepted_at"
"""The column of the moments of acceptance by the store's clock, in Unix seconds."""
FIELDS = (
    pa.field("user_id", pa.string(), nullable=False),
    pa.field("item_id", pa.string(), nullable=False),
    pa.field("action", pa.string(), nullable=False),
    pa.field("value", pa.float64()),
    pa.field("timestamp", pa.float64(), nullable=False),
    pa.field("recommendation_id", pa.string()),
    pa.field("rank", pa.int64()),
    pa.field("event_id", pa.string()),
    pa.field("text", pa.string()),
    pa.field(ACCEPTED, pa.float64()),
)
"""The columns of every file; after them stands one for each key of the events' contexts."""
NAMES = frozenset(field.name for field in FIELDS)
CONTEXT = "context."
"""Before the name of a context key that is the name of another column."""
POSITION = b"chorus.position"
MOST_CONTEXT_COLUMNS = 100
"""Columns of context keys; later keys are left out, since anybody who sends events can invent them."""
PATTERN = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].parquet"


class LogFileError(Exception):
    """A file of the folder that the export did not write, or that is damaged."""


@dataclass(frozen=True, slots=True)
class DayRows:
    """The rows of one day, and the position in the stream of the newest of them."""

    table: pa.Table
    position: str


def list_days(folder: Path) -> list[Path]:
    """The files of a folder, the oldest day first."""
    return sorted(folder.glob(PATTERN))


def name_day(folder: Path, entry: StreamEntry | ImpressionEntry) -> Path:
    """The file of the day on which an entry was accepted."""
    moment = datetime.fromtimestamp(read_acceptance(entry), UTC)
    return folder / f"{moment:%Y-%m-%d}.parquet"


def read_acceptance(entry: StreamEntry | ImpressionEntry) -> float:
    """When an entry was accepted, in Unix seconds: its id begins with the milliseconds."""
    return read_order(entry.entry_id)[0] / 1000


def read_order(position: str) -> tuple[int, int]:
    """The sort key of a position in a stream: milliseconds, then a number."""
    time, _, number = position.partition("-")
    return int(time), int(number)


def step_back(position: str) -> str:
    """The greatest position before a position."""
    time, number = read_order(position)
    return f"{time}-{number - 1}" if number else f"{time - 1}-{2**64 - 1}"


def read_position(path: Path) -> str:
    """The position of a file. Raises LogFileError."""
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowInvalid) as error:
        raise LogFileError(f"expected a file of the exported log in {path}, given {error}") from error
    if POSITION not in metadata:
        raise LogFileError(f"expected a file that 'chorus log export' wrote, given {path}")
    return bytes(metadata[POSITION]).decode()


def read_day(path: Path) -> DayRows:
    """The rows of a file. Raises LogFileError."""
    position = read_position(path)
    try:
        return DayRows(pq.read_table(path), position)
    except (OSError, pa.ArrowInvalid) as error:
        raise LogFileError(f"expected a whole file in {path}, given {error}") from error


def write_day(path: Path, rows: DayRows) -> None:
    """Write a file with its position at once."""
    write_table(path, rows.table, {POSITION: rows.position})


def write_table(path: Path, table: pa.Table, metadata: Mapping[bytes, str]) -> None:
    """Write a file at once: readers, and a process that is killed, leave the old rows or the new ones."""
    temporary = name_temporary(path)
    encoded = {key: value.encode() for key, value in metadata.items()}
    try:
        with temporary.open("wb") as file:
            pq.write_table(table.replace_schema_metadata(encoded), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def tabulate(entries: Sequence[StreamEntry], keys: Sequence[str]) -> DayRows:
    """The rows of entries of one day, at least one, with columns for these context keys."""
    recorded = [entry.recorded for entry in entries]
    columns: dict[str, list[object]] = {
        "user_id": [each.user_id for each in recorded],
        "item_id": [each.event.item_id for each in recorded],
        "action": [each.event.action for each in recorded],
        "value": [each.event.value for each in recorded],
        "timestamp": [each.event.timestamp for each in recorded],
        "recommendation_id": [each.recommendation_id for each in recorded],
        "rank": [each.rank for each in recorded],
        "event_id": [each.event_id for each in recorded],
        "text": [each.event.text or None for each in recorded],
        ACCEPTED: [read_acceptance(entry) for entry in entries],
    }
    schema = make_schema([name_context(key) for key in keys])
    for key in keys:
        columns[name_context(key)] = [each.event.context.get(key) for each in recorded]
    return DayRows(pa.Table.from_pydict(columns, schema=schema), entries[-1].entry_id)


def name_context(key: str) -> str:
    """The column of a context key."""
    return f"{CONTEXT}{key}" if key in NAMES else key


def list_context_columns(schema: pa.Schema) -> list[str]:
    """The columns of context keys, in their order."""
    return [name for name in schema.names if name not in NAMES]


def make_schema(columns: Sequence[str]) -> pa.Schema:
    """The schema of events with columns of context keys."""
    return pa.schema([*FIELDS, *(pa.field(name, pa.string()) for name in columns)])


def widen(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with the columns of a schema, in its order; those that it lacks are empty."""
    for field in schema:
        if field.name not in table.column_names:
            table = table.append_column(field, pa.nulls(len(table), field.type))
    return table.select(schema.names)


def keep_rows(table: pa.Table, kept: Sequence[bool]) -> pa.Table:
    """The rows of a table that are kept; the same table where all are."""
    return table if all(kept) else table.filter(pa.array(kept, pa.bool_()))


def drop_erased(table: pa.Table, erased_at: Mapping[str, float]) -> pa.Table:
    """The table without what was accepted before its user's erasure (Unix seconds), or tells of an earlier moment.

    The sender's times alone do not decide: they may be ahead of the clock.
    """
    columns = (table.column(name).to_pylist() for name in ("user_id", "timestamp", ACCEPTED))
    kept = [
        user not in erased_at or (time >= erased_at[user] and accepted > erased_at[user])
        for user, time, accepted in zip(*columns, strict=True)
    ]
    return keep_rows(table, kept)
