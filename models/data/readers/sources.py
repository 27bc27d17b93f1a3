"""CSV, TSV, Parquet and JSON Lines files -> tables. A bad row never stops it, a missing column does."""

import codecs
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from models.data.readers.csv import DELIMITERS, delimiter, header, opened, stream_delimited
from models.data.readers.jsonlines import JsonColumns, stream_json_lines
from models.data.readers.parquet import column_names, may_hold_lists, stream_parquet
from models.data.readers.table import Table, join
from models.data.validation import is_nearly_all
from models.job.errors import JobError, format_value

PARQUET = b"PAR1"
PEEK = 4096
"""Bytes that tell an empty file and a foreign encoding."""


def read_table(path: Path, wanted: Mapping[str, str], coded: Collection[str] = ()) -> Table:
    """The columns of a file. `wanted`: the job's key, such as "interactions.user" -> the column.

    Columns in `coded` are read as dictionaries: ids of a long log take a fraction of their texts' memory.
    Raises JobError where the file is not there or not readable, or a column is missing or of an unfit type.
    """
    key = path_key(wanted)
    keys: set[str] = set()
    try:
        check_content(path, key)
        parts = list(_stream(path, wanted, coded, keys))
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise JobError(f"{key}: expected a readable file at {path}, given {error}") from error
    _check_rows(parts, path.name, key)
    if _format(path) == "json":
        check_columns(path, wanted, sorted(keys))
    return join(parts)


def path_key(wanted: Mapping[str, str]) -> str:
    """The job's key of the file that has the wanted columns."""
    return f"{next(iter(wanted)).split('.')[0]}.path"


def _stream(path: Path, wanted: Mapping[str, str], coded: Collection[str], keys: set[str]) -> Iterator[Table]:
    """The file's tables. The columns of JSON Lines are known at the end alone: see `keys`."""
    columns = list(dict.fromkeys(wanted.values()))
    match _format(path):
        case "parquet":
            check_columns(path, wanted, column_names(path))
            return stream_parquet(path, {column: key for key, column in wanted.items()}, coded)
        case "json":
            lists = frozenset(column for key, column in wanted.items() if may_hold_lists(key))
            return stream_json_lines(path, JsonColumns(tuple(columns), lists, frozenset(coded)), keys)
        case _:
            names = header(path)
            if names != columns:  # one column may be called `id|key`
                _check_delimiter(path, path_key(wanted), names)
            check_columns(path, wanted, names)
            return stream_delimited(path, columns, coded)


def _format(path: Path) -> str:
    name = path.name.lower()
    if name.endswith(".parquet"):
        return "parquet"
    return "json" if name.endswith((".jsonl", ".ndjson")) else "delimited"


def check_content(path: Path, key: str) -> None:
    """Raises JobError for an empty file, and for text whose encoding would give other columns and cells."""
    with opened(path) as stream:
        begin = stream.read(PEEK)
    if len(begin) < PEEK and not begin.removeprefix(codecs.BOM_UTF8).strip():
        raise JobError(f"{key}: expected rows in {path}, given an empty file")
    if path.name.lower().endswith(".parquet"):
        return
    utf16 = begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if utf16 or begin.startswith(PARQUET) or b"\0" in begin.partition(b"\n")[0]:
        given = "UTF-16" if utf16 else "binary data"
        raise JobError(f"{key}: expected UTF-8 text in {path}, given {given}")


def _check_delimiter(path: Path, key: str, names: Sequence[str]) -> None:
    wanted = delimiter(path)
    if len(names) == 1 and any(other in names[0] for other in DELIMITERS if other != wanted):
        raise JobError(
            f"{key}: expected cells parted by {wanted!r} in {path}, given {format_value(names[0])}"
        )


def _check_rows(parts: Sequence[Table], file: str, key: str) -> None:
    """Raises JobError where there are no rows, or hardly one of them can be read."""
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


def check_columns(path: Path, wanted: Mapping[str, str], there: Iterable[str]) -> None:
    """Raises JobError where the file has not each wanted column once."""
    there = list(there)
    errors = [
        f"{key}: expected a column that {path.name} has once, given {column!r}, which it has {count} times"
        if (count := there.count(column)) > 1
        else f"{key}: expected one of the columns of {path.name} ({', '.join(there)}), given {column!r}"
        for key, column in wanted.items()
        if there.count(column) != 1
    ]
    if errors:
        raise JobError(*errors)
