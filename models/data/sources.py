"""CSV, TSV, Parquet and JSON Lines files -> tables. A bad row never stops it, a missing column does."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.data.delimited import header, read_delimited
from models.data.errors import JobError
from models.data.jsonlines import read_json_lines
from models.data.table import Table

MOMENT = pa.timestamp("us", tz="UTC")
LISTS = ("categories", "vectors")
"""Keys whose cells may hold lists."""


def read_table(path: Path, wanted: Mapping[str, str]) -> Table:
    """The columns of a file. `wanted`: the job's key, such as "interactions.user" -> the column.

    Raises JobError where the file is not there or not readable, or a column is missing or of an unfit type.
    """
    key = f"{next(iter(wanted)).split('.')[0]}.path"
    columns = list(dict.fromkeys(wanted.values()))
    try:
        return _read(path, wanted, columns)
    except (OSError, EOFError, pa.ArrowException) as error:
        raise JobError(f"{key}: expected a readable file at {path}, given {error}") from error


def _read(path: Path, wanted: Mapping[str, str], columns: Sequence[str]) -> Table:
    name = path.name.lower()
    if name.endswith(".parquet"):
        return _read_parquet(path, wanted, columns)
    if name.endswith((".jsonl", ".ndjson")):
        table, keys = read_json_lines(path, columns, [name for key, name in wanted.items() if _may_list(key)])
        _check_columns(path, wanted, sorted(keys))
        return table
    _check_columns(path, wanted, header(path))
    return read_delimited(path, columns)


def _read_parquet(path: Path, wanted: Mapping[str, str], columns: Sequence[str]) -> Table:
    with pq.ParquetFile(path) as file:
        _check_columns(path, wanted, file.schema_arrow.names)
        table = file.read(columns=list(columns))
    keys = {column: key for key, column in wanted.items()}
    found = {name: _plain(table.column(name), keys[name]) for name in columns}
    return Table(path.name, found, np.arange(1, table.num_rows + 1, dtype=np.int64))


def _check_columns(path: Path, wanted: Mapping[str, str], there: Iterable[str]) -> None:
    there = list(there)
    known = ", ".join(there) or "none"
    errors = [
        f"{key}: expected one of the columns of {path.name}, once ({known}), given {column!r}"
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
