"""Rows of a call, of which each one can fail alone: those that cannot be parsed, and the rejections of an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from app.api.schemas.errors import ErrorShape
from app.api.schemas.scalars import STRICT
from app.api.validation import describe_body
from app.errors import InvalidRequestError

ROWS = 1000
"""The most rows of a call."""

Row = TypeVar("Row", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be parsed: it alone is rejected."""

    error: InvalidRequestError


class RejectedRow(BaseModel):
    """A row that was not stored, by its position in the call."""

    model_config = STRICT

    index: Annotated[int, Field(ge=0)]
    error: ErrorShape


class StoredRowsAnswer(BaseModel):
    """Accepted means stored."""

    model_config = STRICT

    accepted: int
    rejected: list[RejectedRow]


def parse_each(row_type: type[Row], noun: str) -> WrapValidator:
    """A validator of a list of rows: all in one call; if that fails, one by one, with a BadRow for each bad one.

    If none can be parsed, the call is refused. `noun` names the rows in messages.
    """

    def parse(values: Any, parse_all: ValidatorFunctionWrapHandler) -> Sequence[Row | BadRow]:
        if isinstance(values, list) and len(values) > ROWS:
            raise ValueError(f"expected up to {ROWS} {noun} a call, given {len(values)}")
        try:
            rows: list[Row | BadRow] = parse_all(values)
        except ValidationError:
            if not isinstance(values, list):
                raise
            rows = [_parse_row(row_type, value) for value in values]
            if all(isinstance(row, BadRow) for row in rows):
                raise
        return rows

    return WrapValidator(parse)


def _parse_row(row_type: type[Row], value: Any) -> Row | BadRow:
    try:
        return row_type.model_validate(value)
    except ValidationError as error:
        return BadRow(describe_body(error))
