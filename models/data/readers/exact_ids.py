"""Check that ids are exact: a rounded number stands for many ids, so that different users would become one."""

import pyarrow as pa
import pyarrow.compute as pc

from models.job.errors import JobError

LARGEST = {pa.float64(): 2**53, pa.float32(): 2**24, pa.float16(): 2**11}
"""From here on a float of this type does not hold every whole number."""
ROUNDED = r"^[+-]?\d[.,]\d+[eE]\+?\d{2,}$"
"""A number as spreadsheets write those with many digits: 1.23457E+11."""


def check_exact_ids(column: pa.Array, key: str, name: str) -> None:
    """Raises JobError for an id that is a rounded number: a large float, or a text such as 1.23457E+11."""
    values = column.dictionary if pa.types.is_dictionary(column.type) else column
    if pa.types.is_floating(values.type):
        rounded = values.filter(pc.fill_null(pc.greater_equal(pc.abs(values), LARGEST[values.type]), False))
        if len(rounded):
            raise JobError(
                f"{key}: expected ids as texts or whole numbers in the column {name}, given the {values.type} "
                f"{rounded[0].as_py():.17g}: a float holds whole numbers exactly only below {LARGEST[values.type]:,}"
            )
    if pa.types.is_string(values.type):
        rounded = values.filter(pc.fill_null(pc.match_substring_regex(values, ROUNDED), False))
        if len(rounded):
            raise JobError(
                f"{key}: expected ids with all their digits in the column {name}, given the rounded number "
                f"{rounded[0].as_py()!r}"
            )
