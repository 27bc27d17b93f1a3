"""CSV, TSV, Parquet and JSON Lines files -> tables. A bad row never stops it, a missing column does."""

import codecs
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.data.readers.csv import DELIMITERS, delimiter, header, opened, read_delimited
from models.data.readers.jsonlines import read_json_lines
from models.data.readers.table import Table
from models.data.validation import nearly_all
from models.job.errors import JobError, shown

MOMENT = pa.timestamp("us", tz="UTC")
LISTS = ("categories", "vectors")
"""Keys whose cells may hold lists."""
PARQUET = b"PAR1"
PEEK = 4096
"""Bytes that tell an empty file and a foreign encoding."""


def read_table(path: Path, wanted: Mapping[str, str]) -> Table:
    """The columns of a file. `wanted`: the job's key, such as "interactions.user" -> the column.

    Raises JobError where the file is not there or not readable, or a column is missing or of an unfit type.
    """
    key = f"{next(iter(wanted)).split('.')[0]}.path"
    columns = list(dict.fromkeys(wanted.values()))
    try:
        _check_content(path, key)
        table = _read(path, wanted, columns)
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise JobError(f"{key}: expected a readable file at {path}, given {error}") from error
    _check_rows(table, key)
    return table


def _read(path: Path, wanted: Mapping[str, str], columns: Sequence[str]) -> Table:
    name, key = path.name.lower(), f"{next(iter(wanted)).split('.')[0]}.path"
    if name.endswith(".parquet"):
        return _read_parquet(path, wanted, columns)
    if name.endswith((".jsonl", ".ndjson")):
        table, keys = read_json_lines(path, columns, [name for key, name in wanted.items() if _may_list(key)])
        _check_rows(table, key)
        _check_columns(path, wanted, sorted(keys))
        return table
    names = header(path)
    if names != columns:  # one column may be called `id|key`
        _check_delimiter(path, key, names)
    _check_columns(path, wanted, names)
    return read_delimited(path, columns)


def _check_content(path: Path, key: str) -> None:
    """Something is there, and it is not text in an encoding that would be read as other columns and cells."""
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
        raise JobError(f"{key}: expected cells parted by {wanted!r} in {path}, given {shown(names[0])}")


def _check_rows(table: Table, key: str) -> None:
    """There are rows, and most of them can be read."""
    rows = len(table.numbers) + len(table.rejected)
    if not rows:
        raise JobError(f"{key}: expected rows in {table.file}, given none")
    if nearly_all(len(table.rejected), rows):
        first = table.rejected[0]
        raise JobError(
            f"{key}: expected rows that can be read in {table.file}, given {len(table.rejected):,} of {rows:,} "
            f"that cannot, such as row {first.row}, {shown(first.raw)} ({first.reason})"
        )


def _read_parquet(path: Path, wanted: Mapping[str, str], columns: Sequence[str]) -> Table:
    with pq.ParquetFile(path) as file:
        _check_columns(path, wanted, file.schema_arrow.names)
        table = file.read(columns=list(columns))
    keys = {column: key for key, column in wanted.items()}
    found = {name: _plain(table.column(name), keys[name]) for name in columns}
    return Table(path.name, found, np.arange(1, table.num_rows + 1, dtype=np.int64))


def _check_columns(path: Path, wanted: Mapping[str, str], there: Iterable[str]) -> None:
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


def _plain(column: pa.ChunkedArray, key: str) -> pa.Array:
    """A Parquet column as one of the types that a Table may have."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    try:
        plain = column.cast(_plain_type(column.type, key))
    except pa.ArrowInvalid as error:
        raise JobError(f"{key}: expected readable cells, given {error}") from error
    return pa.concat_arrays(plain.chunks) if plain.num_chunks else pa.array([], plain.type)


def _plain_type(given: pa.DataType, key: str) -> pa.DataType:
    types = pa.types
    if types.is_integer(given) and given != pa.uint64():
        return pa.int64()
    if types.is_floating(given) or types.is_decimal(given):
        return pa.float64()
    if types.is_timestamp(given) or types.is_date(given):
        return MOMENT
    if types.is_list(given) or types.is_large_list(given) or types.is_fixed_size_list(given):
        if not _may_list(key):
            raise JobError(f"{key}: expected a column with one value a cell, given {given}")
        return pa.list_(pa.string() if _is_text(given.value_type) else pa.float64())
    if _is_text(given) or types.is_boolean(given) or types.is_null(given) or given == pa.uint64():
        return pa.string()
    raise JobError(f"{key}: expected a column of texts, numbers, times or lists, given {given}")


def _may_list(key: str) -> bool:
    return key.split(".")[1] in LISTS


def _is_text(given: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_string(given) or types.is_large_string(given) or types.is_binary(given))
