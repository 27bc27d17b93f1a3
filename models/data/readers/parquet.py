"""Read Parquet files as columns of the types of a Table."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.data.readers.table import Table, UnreadableRows
from models.job.errors import JobError

ROWS = 1 << 20
"""Rows of a file that become one table."""
MOMENT = pa.timestamp("us", tz="UTC")
LISTS = ("categories", "vectors")
"""Keys of the job with columns that may have lists."""


def column_names(path: Path) -> list[str]:
    """The file's column names, in order."""
    with pq.ParquetFile(path) as file:
        return list(file.schema_arrow.names)


def stream_parquet(path: Path, keys: Mapping[str, str], coded: Collection[str] = ()) -> Iterator[Table]:
    """Yield the columns of a file, about a million rows at once; those in `coded` as dictionaries.

    `keys`: column -> its key in the job. Raises JobError for a column of an unsupported type.
    """
    with pq.ParquetFile(path, read_dictionary=list(coded)) as file:
        start = 1
        for batch in file.iter_batches(batch_size=ROWS, columns=list(keys)):
            columns = {
                name: _cast_column(batch.column(name), key, coded=name in coded) for name, key in keys.items()
            }
            numbers = np.arange(start, start + len(batch), dtype=np.int64)
            yield Table(path.name, columns, numbers, UnreadableRows.of(path.name, ()))
            start += len(batch)


def may_hold_lists(key: str) -> bool:
    """True for a key of the job, such as items.categories.genres, whose column may have lists."""
    return key.split(".")[1] in LISTS


def _cast_column(column: pa.Array, key: str, *, coded: bool) -> pa.Array:
    """A column cast to a type of a Table. Raises JobError for an unsupported type or unreadable cells."""
    if pa.types.is_dictionary(column.type):
        if coded and _is_text(column.type.value_type):
            return column.cast(pa.dictionary(pa.int32(), pa.string()))
        column = column.cast(column.type.value_type)
    try:
        is_lossless = not pa.types.is_timestamp(column.type)  # nanoseconds become microseconds
        plain = column.cast(_table_type(column.type, key), safe=is_lossless)
    except pa.ArrowInvalid as error:
        raise JobError(f"{key}: expected readable cells, given {error}") from error
    return plain.dictionary_encode() if coded else plain


def _table_type(data_type: pa.DataType, key: str) -> pa.DataType:
    """The type of a Table for a column of a file. Raises JobError for an unsupported type."""
    types = pa.types
    if types.is_integer(data_type) and data_type != pa.uint64():
        return pa.int64()
    if types.is_floating(data_type) or types.is_decimal(data_type):
        return pa.float64()
    if types.is_timestamp(data_type) or types.is_date(data_type):
        return MOMENT
    if types.is_list(data_type) or types.is_large_list(data_type) or types.is_fixed_size_list(data_type):
        if not may_hold_lists(key):
            raise JobError(f"{key}: expected a column with one value a cell, given {data_type}")
        return pa.list_(pa.string() if _is_text(data_type.value_type) else pa.float64())
    if (
        _is_text(data_type)
        or types.is_boolean(data_type)
        or types.is_null(data_type)
        or data_type == pa.uint64()
    ):
        return pa.string()
    raise JobError(f"{key}: expected a column of texts, numbers, times or lists, given {data_type}")


def _is_text(data_type: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_string(data_type) or types.is_large_string(data_type) or types.is_binary(data_type))
