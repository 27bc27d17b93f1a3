"""Wire types of filters: all, any, not, and comparisons."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, PlainValidator, Tag, WithJsonSchema

from app.api.schemas.scalars import ID_LENGTH, STRICT, Label, parse_number
from models.contract.predicate import Operator

PARTS = 100
CHOICES = 1000

Single = str | float | bool
SINGLE = [{"type": "string", "maxLength": ID_LENGTH}, {"type": "number"}, {"type": "boolean"}]
"""The JSON schemas of a Single."""


def _parse_single(value: Any) -> Single:
    if isinstance(value, bool) or (isinstance(value, str) and len(value) <= ID_LENGTH):
        return value
    if isinstance(value, int | float):
        return parse_number(value)
    raise ValueError(f"expected a string of up to {ID_LENGTH} characters, a number, true or false, or a list")


def _parse_operand(value: Any) -> Single | tuple[Single, ...]:
    if not isinstance(value, list):
        return _parse_single(value)
    if not 1 <= len(value) <= CHOICES:
        raise ValueError(f"expected 1 to {CHOICES} values, given {len(value)}")
    return tuple(_parse_single(element) for element in value)


Operand = Annotated[
    Any,  # a Single or a tuple of them; pydantic would serialise a union by its first match
    PlainValidator(_parse_operand),
    WithJsonSchema(
        {
            "anyOf": [
                *SINGLE,
                {"type": "array", "items": {"anyOf": SINGLE}, "minItems": 1, "maxItems": CHOICES},
            ],
            "description": "a string, a number, a boolean, or a list of them",
        }
    ),
]


class Comparison(BaseModel):
    """One of the item's fields, compared with a value."""

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


def _filter_tag(value: Any) -> str:
    """The union's branch, by the filter's key. Tags in <> are left out of error paths."""
    keys = type(value).model_fields if isinstance(value, BaseModel) else value
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
    Discriminator(_filter_tag),
]
