"""Null values: texts such as NULL that stand for an empty cell."""

from collections.abc import Collection
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from models.data.readers.table import Table


def drop_null_values(table: Table, null_values: Collection[str]) -> Table:
    """The table with null in place of every cell of text that is one of `null_values`."""
    if not null_values:
        return table
    texts = pa.array(sorted(null_values), pa.string())
    return replace(table, columns={name: _drop(column, texts) for name, column in table.columns.items()})


def _drop(column: pa.Array, texts: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        return pa.DictionaryArray.from_arrays(column.indices, _drop(column.dictionary, texts))
    if not pa.types.is_string(column.type):
        return column
    is_null = pc.is_in(column, value_set=texts)
    return pc.if_else(is_null, None, column) if pc.any(is_null, min_count=0).as_py() else column
