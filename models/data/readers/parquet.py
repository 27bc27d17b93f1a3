"""Parquet files -> columns of the types that a table may have."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.data.readers.table import Table, unreadable
from models.job.errors import JobError

ROWS = 1 << 20
"""Rows of a file that become one table."""
MOMENT = pa.timestamp("us", tz="UTC")
LISTS = ("categories", "vectors")
"""The job's keys whose cells may hold lists."""


def column_names(path: Path) -> list[str]:
    """The file's column names, in order."""
    with pq.ParquetFile(path) as file:
        return list(file.schema_arrow.names)


def stream_parquet(path: Path, keys: Mapping[str, str], coded: Collection[str] = ()) -> Iterator[Table]:
    """The columns of a file, about a million rows at a time; those in `coded` as dictionaries.

    `keys`: column -> the job's key that names it. Raises JobError for a column of a type that no key can have.
    """
    with pq.ParquetFile(path, read_dictionary=list(coded)) as file:
        start = 1
        for batch in file.iter_batches(batch_size=ROWS, columns=list(keys)):
            columns = {
                name: _plain(batch.column(name), key, coded=name in coded) for name, key in keys.items()
            }
            numbers = np.arange(start, start + len(batch), dtype=np.int64)
            yield Table(path.name, columns, numbers, unreadable(path.name, ()))
            start += len(batch)


def may_hold_lists(key: str) -> bool:
    """True for a key of the job, such as items.categories.genres, whose column may hold lists."""
    return key.split(".")[1] in LISTS


def _plain(column: pa.Array, key: str, *, coded: bool) -> pa.Array:
    """A column as one of the types that a Table may have."""
    if pa.types.is_dictionary(column.type):
        if coded and _is_text(column.type.value_type):
            return column.cast(pa.dictionary(pa.int32(), pa.string()))
        column = column.cast(column.type.value_type)
    try:
        lossless = not pa.types.is_timestamp(column.type)  # nanoseconds become microseconds
        plain = column.cast(_plain_type(column.type, key), safe=lossless)
    except pa.ArrowInvalid as error:
        raise JobError(f"{key}: expected readable cells, given {error}") from error
    return plain.dictionary_encode() if coded else plain


def _plain_type(given: pa.DataType, key: str) -> pa.DataType:
    types = pa.types
    if types.is_integer(given) and given != pa.uint64():
        return pa.int64()
    if types.is_floating(given) or types.is_decimal(given):
        return pa.float64()
    if types.is_timestamp(given) or types.is_date(given):
        return MOMENT
    if types.is_list(given) or types.is_large_list(given) or types.is_fixed_size_list(given):
        if not may_hold_lists(key):
            raise JobError(f"{key}: expected a column with one value a cell, given {given}")
        return pa.list_(pa.string() if _is_text(given.value_type) else pa.float64())
    if _is_text(given) or types.is_boolean(given) or types.is_null(given) or given == pa.uint64():
        return pa.string()
    raise JobError(f"{key}: expected a column of texts, numbers, times or lists, given {given}")


def _is_text(given: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_string(given) or types.is_large_string(given) or types.is_binary(given))
