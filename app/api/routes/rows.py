"""Split the rows of a call into those that can be stored and those that are rejected."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from app.api.schemas.rows import BadRow
from app.errors import InvalidRequestError

Row = TypeVar("Row")
Record = TypeVar("Record")


def split_rows(
    rows: Sequence[Row | BadRow], convert: Callable[[Row], Record]
) -> tuple[list[int], list[Record], list[dict[str, Any]]]:
    """The positions and records of the rows that can be stored, and the rejections of the others, in order.

    `convert` raises InvalidRequestError for a row that the bundle cannot take.
    """
    indices: list[int] = []
    records: list[Record] = []
    rejected: list[dict[str, Any]] = []
    for index, row in enumerate(rows):
        try:
            if isinstance(row, BadRow):
                raise row.error
            records.append(convert(row))
        except InvalidRequestError as error:
            rejected.append({"index": index, "error": error.shape()})
        else:
            indices.append(index)
    return indices, records, rejected
