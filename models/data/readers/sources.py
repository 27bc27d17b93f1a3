"""Read the files of a table, of any known format, into one table, and check their content and columns."""

import codecs
import csv
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from models.data.readers.column_plan import ColumnPlan
from models.data.readers.csv_format import DELIMITERS
from models.data.readers.exact_ids import check_text_ids
from models.data.readers.file_format import FileFormat, find_format
from models.data.readers.null_values import drop_null_values
from models.data.readers.table import Table, join
from models.data.readers.text_file import EncodingError, HeaderError, TextFile, open_text_file
from models.data.validation import is_nearly_all
from models.job.errors import JobError, format_value
from models.job.file_options import FileOptions

PARQUET = b"PAR1"
PEEK = 4096
"""Bytes read to recognise an empty file or another format."""


def read_table(paths: Sequence[Path], plan: ColumnPlan, options: FileOptions) -> Table:
    """Read columns of one or more files, in their order. Invalid rows are rejected.

    Raises JobError if a file is missing or unreadable, or if a column is missing or of an unsupported type.
    """
    parts: list[Table] = []
    for path in paths:
        parts += _read_file(path, plan, options)
    key = path_key(plan)
    _check_rows(parts, paths[0].name if len(paths) == 1 else f"{len(paths)} files", key)
    try:
        return join(parts)
    except JobError as error:
        raise JobError(f"{key}: {error}") from error


def path_key(plan: ColumnPlan) -> str:
    """The key of the files' paths in the job."""
    return f"{next(iter(plan.by_key)).split('.')[0]}.path"


def check_header(path: Path, plan: ColumnPlan, options: FileOptions) -> None:
    """Check a file's format, encoding and columns without its rows; raises JobError."""
    file, key = open_text_file(path, options), path_key(plan)
    with _convert_errors(path, key):
        _check_names(file, _open_format(file, key), plan)


def _read_file(path: Path, plan: ColumnPlan, options: FileOptions) -> list[Table]:
    file, key = open_text_file(path, options), path_key(plan)
    plan.names.clear()
    with _convert_errors(path, key):
        file_format = _open_format(file, key)
        is_checked = _check_names(file, file_format, plan)
        parts = [drop_null_values(part, options.null_values) for part in file_format.stream(file, plan)]
    for part in parts:
        for id_key, column in plan.by_key.items():
            if column in plan.ids:
                check_text_ids(part.columns[column], id_key, column)
    if not is_checked and plan.names:
        check_columns(path, plan, sorted(plan.names))
    return parts


@contextmanager
def _convert_errors(path: Path, key: str) -> Iterator[None]:
    """Errors of reading a file as one JobError with the key of its path."""
    try:
        yield
    except (HeaderError, EncodingError) as error:
        raise JobError(f"{key}: {error}") from error
    except (OSError, EOFError, zlib.error, csv.Error, pa.ArrowException) as error:
        raise JobError(f"{key}: expected a readable file at {path}, given {error}") from error


def _open_format(file: TextFile, key: str) -> FileFormat:
    try:
        file_format = find_format(file.path)
    except ValueError as error:
        raise JobError(f"{key}: {error}") from error
    check_content(file, file_format, key)
    return file_format


def check_content(file: TextFile, file_format: FileFormat, key: str) -> None:
    """Raises JobError for an empty file, and for bytes that are not text in a file of text."""
    if not file_format.is_text:
        if not file.path.stat().st_size:
            raise JobError(f"{key}: expected rows in {file.path}, given an empty file")
        return
    with file.open() as stream:
        head = stream.read(PEEK)
    if len(head) < PEEK and not head.removeprefix(codecs.BOM_UTF8).strip():
        raise JobError(f"{key}: expected rows in {file.path}, given an empty file")
    is_utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if is_utf16 or head.startswith(PARQUET) or b"\0" in head.partition(b"\n")[0]:
        given = "UTF-16: set `encoding: utf-16`" if is_utf16 else "binary data"
        raise JobError(f"{key}: expected text in {file.encoding} in {file.path}, given {given}")


def _check_names(file: TextFile, file_format: FileFormat, plan: ColumnPlan) -> bool:
    """Check the columns of a file; False if only its rows name them. Raises JobError."""
    names = file_format.read_names(file)
    if names is None:
        return False
    if file_format.is_text and names != plan.columns:  # a single column may have the name `id|key`
        _check_delimiter(file, path_key(plan), names)
    check_columns(file.path, plan, names)
    return True


def _check_delimiter(file: TextFile, key: str, names: Sequence[str]) -> None:
    found = [
        other for other in DELIMITERS if other != file.delimiter and len(names) == 1 and other in names[0]
    ]
    if found:
        raise JobError(
            f"{key}: expected cells parted by {file.delimiter!r} in {file.path}, given {format_value(names[0])}; "
            f"the key `delimiter` names another, such as {found[0]!r}"
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
            f"that cannot, such as row {first.row} of {first.file}, {format_value(first.raw)} ({first.reason})"
        )


def check_columns(path: Path, plan: ColumnPlan, names: Sequence[str]) -> None:
    """Raises JobError unless the file has each column of the plan exactly once."""
    errors = [
        f"{key}: expected a column that {path.name} has once, given {column!r}, which it has {count} times"
        if (count := names.count(column)) > 1
        else f"{key}: expected one of the columns of {path.name} ({', '.join(names)}), given {column!r}"
        for key, column in plan.by_key.items()
        if names.count(column) != 1
    ]
    if errors:
        raise JobError(*errors)
