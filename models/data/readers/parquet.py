"""Read Parquet files as columns of the types of a Table."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.data.readers.column_plan import ColumnPlan, holds_id_lists, may_hold_lists
from models.data.readers.exact_ids import check_float_ids
from models.data.readers.table import Table, UnreadableRows, place_rows
from models.data.readers.text_file import TextFile
from models.job.errors import JobError

ROWS = 1 << 20
"""Rows of a file that become one table."""
MOMENT, LOCAL_MOMENT = pa.timestamp("us", tz="UTC"), pa.timestamp("us")


def read_names(file: TextFile) -> list[str]:
    """The file's column names, in order."""
    with pq.ParquetFile(file.path) as parquet:
        return list(parquet.schema_arrow.names)


def read_plain_names(file: TextFile) -> list[str]:
    """The names of the columns that are no lists and no structures."""
    with pq.ParquetFile(file.path) as parquet:
        return [field.name for field in parquet.schema_arrow if not pa.types.is_nested(field.type)]


def stream_parquet(file: TextFile, plan: ColumnPlan) -> Iterator[Table]:
    """Yield the columns of a file, about a million rows at once.

    Raises JobError for a column of an unsupported type, and for ids that a float cannot hold exactly.
    """
    keys = {column: key for key, column in plan.by_key.items()}
    with pq.ParquetFile(file.path, read_dictionary=sorted(plan.coded)) as parquet:
        start = 1
        for batch in parquet.iter_batches(batch_size=ROWS, columns=list(keys)):
            for name in plan.ids:
                check_float_ids(batch.column(name), keys[name], name)
            columns = {
                name: _cast_column(batch.column(name), key, coded=name in plan.coded)
                for name, key in keys.items()
            }
            numbers = np.arange(start, start + len(batch), dtype=np.int64)
            yield Table(columns, place_rows(file.name, numbers), UnreadableRows.of(file.name, ()))
            start += len(batch)


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
        return MOMENT if getattr(data_type, "tz", None) else LOCAL_MOMENT
    if types.is_list(data_type) or types.is_large_list(data_type) or types.is_fixed_size_list(data_type):
        if not may_hold_lists(key):
            raise JobError(f"{key}: expected a column with one value a cell, given {data_type}")
        return pa.list_(_element_type(data_type.value_type, key))
    if (
        _is_text(data_type)
        or types.is_boolean(data_type)
        or types.is_null(data_type)
        or data_type == pa.uint64()
    ):
        return pa.string()
    raise JobError(f"{key}: expected a column of texts, numbers, times or lists, given {data_type}")


def _element_type(data_type: pa.DataType, key: str) -> pa.DataType:
    """The type of a list's elements in a Table. Raises JobError for lists of lists and of structures."""
    if pa.types.is_nested(data_type):
        raise JobError(f"{key}: expected lists of texts or numbers, given lists of {data_type}")
    is_id = holds_id_lists(key) and pa.types.is_integer(data_type)  # a float would round the largest
    return pa.string() if is_id or _is_text(data_type) else pa.float64()


def _is_text(data_type: pa.DataType) -> bool:
    types = pa.types
    kinds = (
        types.is_string,
        types.is_large_string,
        types.is_string_view,
        types.is_binary,
        types.is_binary_view,
    )
    return any(is_kind(data_type) for is_kind in kinds)
