"""Check that ids are exact: a rounded number stands for many ids, so that different users would become one."""

import pyarrow as pa
import pyarrow.compute as pc

from models.job.errors import JobError

LARGEST = {pa.float64(): 2**53, pa.float32(): 2**24, pa.float16(): 2**11}
"""From here on a float of this type does not hold every whole number."""
ROUNDED = r"^[+-]?\d[.,]\d+[eE]\+?\d{2,}$"
"""A number as spreadsheets write those with many digits: 1.23457E+11."""


def check_float_ids(column: pa.Array, key: str, name: str) -> None:
    """Raises JobError for a float from which on its type does not hold every whole number.

    The column is that of the file: once it is cast to double, the limit of its type is lost.
    """
    values = _distinct_values(column)
    if not pa.types.is_floating(values.type):
        return
    rounded = values.filter(pc.fill_null(pc.greater_equal(pc.abs(values), LARGEST[values.type]), False))
    if len(rounded):
        raise JobError(
            f"{key}: expected ids as texts or whole numbers in the column {name}, given the {values.type} "
            f"{rounded[0].as_py():.17g}: a float holds whole numbers exactly only below {LARGEST[values.type]:,}"
        )


def check_text_ids(column: pa.Array, key: str, name: str) -> None:
    """Raises JobError for a text that is a rounded number, such as 1.23457E+11."""
    values = _distinct_values(column)
    if not pa.types.is_string(values.type):
        return
    rounded = values.filter(pc.fill_null(pc.match_substring_regex(values, ROUNDED), False))
    if len(rounded):
        raise JobError(
            f"{key}: expected ids with all their digits in the column {name}, given the rounded number "
            f"{rounded[0].as_py()!r}"
        )


def _distinct_values(column: pa.Array) -> pa.Array:
    """The dictionary of a column that has one, the elements of a column of lists, else the column."""
    types = pa.types
    if (
        types.is_list(column.type)
        or types.is_large_list(column.type)
        or types.is_fixed_size_list(column.type)
    ):
        return pc.list_flatten(column)
    return column.dictionary if types.is_dictionary(column.type) else column
