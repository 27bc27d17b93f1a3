"""The queue of the exported impressions: those whose label window is open, a hidden file for each hour of arrival.

They are read from the store at once, since its stream is cut, and written as rows when their window closes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from app.log.day_file import (
    POSITION,
    START,
    LogFileError,
    keep_rows,
    read_acceptance,
    read_order,
    write_table,
)
from app.state.protocol import ImpressionEntry
from app.state.redis.impression_codec import pack_impression, unpack_impression

QUEUE = ".open"
"""The folder of the files, which have no ending: no reader of Parquet files takes them for some."""
PATTERN = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]"
WINDOW = b"chorus.window_s"
WINDOW_S = 86_400.0
"""The usual label window."""
SCHEMA = pa.schema(
    [
        pa.field("entry_id", pa.string(), nullable=False),
        pa.field("user_id", pa.string()),
        pa.field("document", pa.binary(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class Queue:
    """Impressions of one hour in the order of their arrival, and the position in the stream up to which it was read."""

    table: pa.Table
    position: str
    window_s: float

    def __len__(self) -> int:
        """The number of impressions."""
        return len(self.table)

    def count_due(self, now: float) -> int:
        """How many of the first impressions have a window that is closed at a moment in Unix seconds."""
        closed_before = (now - self.window_s) * 1000
        arrivals = (read_order(entry_id)[0] for entry_id in self.table.column("entry_id").to_pylist())
        return sum(arrived_at <= closed_before for arrived_at in arrivals)

    def take(self, start: int, stop: int) -> list[ImpressionEntry]:
        """The impressions from one number up to another."""
        rows = self.table.slice(start, stop - start).to_pylist()
        return [
            ImpressionEntry(row["entry_id"], unpack_impression(row["user_id"], row["document"]))
            for row in rows
        ]

    def drop(self, count: int) -> "Queue":
        """The queue without its first impressions."""
        return Queue(self.table.slice(count), self.position, self.window_s)

    def drop_erased(self, erased_at: Mapping[str, float]) -> "Queue":
        """The queue without what was shown before its user's erasure, in Unix seconds."""
        users, documents = (self.table.column(name).to_pylist() for name in ("user_id", "document"))
        kept = [
            user not in erased_at or orjson.loads(document)["shown_at"] >= erased_at[user]
            for user, document in zip(users, documents, strict=True)
        ]
        return Queue(keep_rows(self.table, kept), self.position, self.window_s)

    def append(self, entries: Sequence[ImpressionEntry]) -> "Queue":
        """The queue with later impressions, at least one."""
        columns = {
            "entry_id": [entry.entry_id for entry in entries],
            "user_id": [entry.impression.user_id for entry in entries],
            "document": [pack_impression(entry.impression) for entry in entries],
        }
        table = pa.concat_tables([self.table, pa.Table.from_pydict(columns, schema=SCHEMA)])
        return Queue(table, entries[-1].entry_id, self.window_s)


def list_queues(folder: Path) -> list[Path]:
    """The files of a folder's queue, the earliest hour first."""
    return sorted((folder / QUEUE).glob(PATTERN))


def name_queue(folder: Path, entry: ImpressionEntry) -> Path:
    """The file of the hour in which an impression arrived."""
    moment = datetime.fromtimestamp(read_acceptance(entry), UTC)
    return folder / QUEUE / f"{moment:%Y-%m-%dT%H}"


def read_queue(path: Path, window_s: float) -> Queue:
    """The queue of an hour, empty for a new one. Raises LogFileError, also for one with another window."""
    if not path.exists():
        return Queue(SCHEMA.empty_table(), START, window_s)
    try:
        table = pq.read_table(path)
        metadata = table.schema.metadata
        position, window = metadata[POSITION].decode(), float(metadata[WINDOW])
    except (OSError, pa.ArrowInvalid, KeyError, TypeError, ValueError) as error:
        raise LogFileError(
            f"expected the open impressions of an exported log in {path}, given {error}"
        ) from error
    if window != window_s:
        raise LogFileError(
            f"expected the label window of the earlier exports ({window:g} s, as in {path}), given {window_s:g} s"
        )
    return Queue(table.replace_schema_metadata(None), position, window)


def write_queue(path: Path, queue: Queue) -> None:
    """Write the queue of an hour at once."""
    path.parent.mkdir(exist_ok=True)
    write_table(path, queue.table, {POSITION: queue.position, WINDOW: repr(queue.window_s)})
