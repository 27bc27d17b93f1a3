"""A filter on the wire: all, any, not, or one comparison."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, PlainValidator, Tag, WithJsonSchema

from app.api.schemas.scalars import ID_LENGTH, STRICT, Label, number
from models.contract.predicate import Operator

PARTS = 100
CHOICES = 1000

Single = str | float | bool


def _single(given: Any) -> Single:
    if isinstance(given, bool) or (isinstance(given, str) and len(given) <= ID_LENGTH):
        return given
    if isinstance(given, int | float):
        return number(given)
    raise ValueError(f"expected a string of up to {ID_LENGTH} characters, a number, true or false, or a list")


def _operand(given: Any) -> Single | tuple[Single, ...]:
    if not isinstance(given, list):
        return _single(given)
    if not 1 <= len(given) <= CHOICES:
        raise ValueError(f"expected 1 to {CHOICES} values, given {len(given)}")
    return tuple(_single(value) for value in given)


Operand = Annotated[
    Any,  # a Single or a tuple of them; pydantic would otherwise serialise it by the union's first match
    PlainValidator(_operand),
    WithJsonSchema({"description": "a string, a number, a boolean, or a list of them"}),
]


class Comparison(BaseModel):
    """One of the item's fields against a value."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={"example": {"field": "year", "op": "gte", "value": 1990}}
    )

    field: Label
    op: Operator
    value: Operand


class AllFilter(BaseModel):
    """Every part holds."""

    model_config = STRICT

    all: Annotated[list["Filter"], Field(min_length=1, max_length=PARTS)]


class AnyFilter(BaseModel):
    """At least one part holds."""

    model_config = STRICT

    any: Annotated[list["Filter"], Field(min_length=1, max_length=PARTS)]


class NotFilter(BaseModel):
    """The part does not hold."""

    model_config = STRICT

    part: Annotated["Filter", Field(alias="not")]


def _kind(given: Any) -> str:
    """Which of the four it is, by its key; a tag in angle brackets never shows in an error's field."""
    keys = type(given).model_fields if isinstance(given, BaseModel) else given
    if not isinstance(keys, dict):
        return "<compare>"
    for key, tag in (("all", "<all>"), ("any", "<any>"), ("not", "<not>"), ("part", "<not>")):
        if key in keys:
            return tag
    return "<compare>"


Filter = Annotated[
    Annotated[AllFilter, Tag("<all>")]
    | Annotated[AnyFilter, Tag("<any>")]
    | Annotated[NotFilter, Tag("<not>")]
    | Annotated[Comparison, Tag("<compare>")],
    Discriminator(_kind),
]
