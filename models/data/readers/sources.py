"""Read a CSV, TSV, Parquet or JSON Lines file into a table, and check its content and columns."""

import codecs
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from models.data.readers.csv import stream_delimited
from models.data.readers.csv_format import DELIMITERS, delimiter, open_file, read_header
from models.data.readers.jsonlines import JsonColumns, stream_json_lines
from models.data.readers.parquet import column_names, may_hold_lists, stream_parquet
from models.data.readers.table import Table, join
from models.data.validation import is_nearly_all
from models.job.errors import JobError, format_value

PARQUET = b"PAR1"
PEEK = 4096
"""Bytes read to recognise an empty file or another encoding."""


def read_table(path: Path, columns_by_key: Mapping[str, str], coded: Collection[str] = ()) -> Table:
    """Read columns of a file. `columns_by_key`: key of the job, such as "interactions.user" -> column.

    Columns in `coded` are read as dictionaries, which need a fraction of the memory of texts. Invalid rows are
    rejected. Raises JobError if the file is missing or unreadable, or if a column is missing or of an unsupported
    type.
    """
    key = path_key(columns_by_key)
    keys: set[str] = set()
    check_header(path, columns_by_key)
    with _readable(path, key):
        parts = list(_stream_tables(path, columns_by_key, coded, keys))
    _check_rows(parts, path.name, key)
    if _find_format(path) == "json":
        check_columns(path, columns_by_key, sorted(keys))
    return join(parts)


def check_header(path: Path, columns_by_key: Mapping[str, str]) -> None:
    """Raises JobError if the file is unreadable or empty, or if its header is without a column.

    JSON Lines have no header: `read_table` checks their columns once it has read all lines.
    """
    key = path_key(columns_by_key)
    with _readable(path, key):
        check_content(path, key)
        match _find_format(path):
            case "parquet":
                check_columns(path, columns_by_key, column_names(path))
            case "delimited":
                names = read_header(path)
                if names != list(dict.fromkeys(columns_by_key.values())):  # one column may be named `id|key`
                    _check_delimiter(path, key, names)
                check_columns(path, columns_by_key, names)


@contextmanager
def _readable(path: Path, key: str) -> Iterator[None]:
    """Turn the errors of an unreadable file into JobError."""
    try:
        yield
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise JobError(f"{key}: expected a readable file at {path}, given {error}") from error


def path_key(columns_by_key: Mapping[str, str]) -> str:
    """The key of the file's path in the job."""
    return f"{next(iter(columns_by_key)).split('.')[0]}.path"


def _stream_tables(
    path: Path, columns_by_key: Mapping[str, str], coded: Collection[str], keys: set[str]
) -> Iterator[Table]:
    """Yield the file's tables. The columns of JSON Lines are complete in `keys` only at the end."""
    columns = list(dict.fromkeys(columns_by_key.values()))
    match _find_format(path):
        case "parquet":
            return stream_parquet(path, {column: key for key, column in columns_by_key.items()}, coded)
        case "json":
            lists = frozenset(column for key, column in columns_by_key.items() if may_hold_lists(key))
            return stream_json_lines(path, JsonColumns(tuple(columns), lists, frozenset(coded)), keys)
        case _:
            return stream_delimited(path, columns, coded)


def _find_format(path: Path) -> str:
    name = path.name.lower()
    if name.endswith(".parquet"):
        return "parquet"
    return "json" if name.endswith((".jsonl", ".ndjson")) else "delimited"


def check_content(path: Path, key: str) -> None:
    """Raises JobError for an empty file, and for text in another encoding than UTF-8."""
    with open_file(path) as stream:
        head = stream.read(PEEK)
    if len(head) < PEEK and not head.removeprefix(codecs.BOM_UTF8).strip():
        raise JobError(f"{key}: expected rows in {path}, given an empty file")
    if path.name.lower().endswith(".parquet"):
        return
    is_utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if is_utf16 or head.startswith(PARQUET) or b"\0" in head.partition(b"\n")[0]:
        encoding = "UTF-16" if is_utf16 else "binary data"
        raise JobError(f"{key}: expected UTF-8 text in {path}, given {encoding}")


def _check_delimiter(path: Path, key: str, names: Sequence[str]) -> None:
    expected = delimiter(path)
    if len(names) == 1 and any(other in names[0] for other in DELIMITERS if other != expected):
        raise JobError(
            f"{key}: expected cells parted by {expected!r} in {path}, given {format_value(names[0])}"
        )


def _check_rows(parts: Sequence[Table], file: str, key: str) -> None:
    """Raises JobError if there are no rows, or if nearly all are unreadable."""
    rejected = sum(len(part.rejected) for part in parts)
    rows = sum(map(len, parts)) + rejected
    if not rows:
        raise JobError(f"{key}: expected rows in {file}, given none")
    if is_nearly_all(rejected, rows):
        first = next(reject for part in parts for reject in part.rejected)
        raise JobError(
            f"{key}: expected rows that can be read in {file}, given {rejected:,} of {rows:,} "
            f"that cannot, such as row {first.row}, {format_value(first.raw)} ({first.reason})"
        )


def check_columns(path: Path, columns_by_key: Mapping[str, str], names: Sequence[str]) -> None:
    """Raises JobError unless the file has each columns_by_key column exactly once."""
    errors = [
        f"{key}: expected a column that {path.name} has once, given {column!r}, which it has {count} times"
        if (count := names.count(column)) > 1
        else f"{key}: expected one of the columns of {path.name} ({', '.join(names)}), given {column!r}"
        for key, column in columns_by_key.items()
        if names.count(column) != 1
    ]
    if errors:
        raise JobError(*errors)
