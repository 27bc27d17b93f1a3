"""Scalar wire types, without coercion: ids, moments, labels, attribute values."""

import math
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from models.contract.unix_time import LATEST, parse_time

STRICT = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)
"""The configuration of every wire type: unknown fields, coercion and NaN are refused."""

FIELD_ERROR = "field_error"
"""The type of pydantic's error for a check of several fields; its context has the field to report."""
ID_LENGTH = 512
TEXT_LENGTH = 20_000

Id = Annotated[str, Field(min_length=1, max_length=ID_LENGTH)]
Label = Annotated[str, Field(min_length=1, max_length=ID_LENGTH)]
"""A category, a value of the context, or the name of a field or action."""
Finite = Annotated[float, Field(allow_inf_nan=False)]
Weight = Annotated[Finite, Field(ge=-100, le=100)]
"""A head's weight in the score."""
Strength = Annotated[Finite, Field(ge=0, le=1)]
"""The strength of a change of the list by relevance, such as diversity or popularity debiasing: 0 is no change."""
HeadName = Annotated[str, Field(min_length=1, max_length=80)]
Magnitude = Annotated[Finite, Field(ge=-1e9, le=1e9)]
"""A number whose square fits into float32."""
VectorValue = Annotated[list[Magnitude], Field(min_length=1, max_length=4096)]
Value = str | float | list[str]
"""An attribute's value in an answer."""


def field_error(field: str, message: str) -> PydanticCustomError:
    """The error of a check of several fields, with the field to report in the answer."""
    return PydanticCustomError(FIELD_ERROR, "{message}", {"field": field, "message": message})


Moment = Annotated[
    float,
    Field(ge=0, le=LATEST, allow_inf_nan=False),
    BeforeValidator(parse_time),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": LATEST},
                {"type": "string", "format": "date-time"},
            ],
            "description": "Unix seconds, or RFC 3339",
        }
    ),
]


def check_distinct(strings: list[str]) -> list[str]:
    """The same strings; raises ValueError for duplicates."""
    duplicates = len(strings) - len(set(strings))
    if duplicates:
        raise ValueError(f"expected distinct values, given {duplicates} twice")
    return strings


def check_weights(weights: dict[str, float]) -> dict[str, float]:
    """The same weights; raises ValueError if all are 0."""
    if not any(weights.values()):
        raise ValueError("expected at least one weight other than 0, given none")
    return weights


def parse_number(value: int | float) -> float:
    """A finite float; raises ValueError for any other number."""
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError("expected a finite number")
    return number


def parse_categories(values: list[Any], most: int = 1000) -> tuple[str, ...]:
    """A set of categories; raises ValueError for anything but up to `most` strings of an id's length."""
    are_labels = all(isinstance(value, str) and 1 <= len(value) <= ID_LENGTH for value in values)
    if len(values) > most or not are_labels:
        raise ValueError(f"expected up to {most} strings of 1 to {ID_LENGTH} characters")
    return tuple(values)


def parse_attribute(value: Any) -> str | float | tuple[str, ...]:
    """An attribute of an item or user: a text or category, a number, or a list of categories."""
    if isinstance(value, str) and len(value) <= TEXT_LENGTH:
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return parse_number(value)
    if isinstance(value, list):
        return parse_categories(value)
    raise ValueError(f"expected a string of up to {TEXT_LENGTH} characters, a number or a list of strings")


AttributeValue = Annotated[
    Any,  # str | float | tuple[str, ...], as parse_attribute returns it
    PlainValidator(parse_attribute),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": TEXT_LENGTH},
                {"type": "number"},
                {"type": "array", "items": {"type": "string"}, "maxItems": 1000},
            ]
        }
    ),
]
Attributes = Annotated[dict[Label, AttributeValue], Field(max_length=200)]
