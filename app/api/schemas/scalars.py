"""The single values of the wire: ids, moments, labels, attribute values. None is coerced to another type."""

import math
import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

STRICT = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)
"""Every wire type's configuration: no unknown field, no coercion, no NaN."""

ID_LENGTH = 512
TEXT_LENGTH = 20_000
LATEST = 1e11
"""The last moment accepted, in the year 5138: milliseconds sent for seconds are past it."""

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

Id = Annotated[str, Field(min_length=1, max_length=ID_LENGTH)]
Label = Annotated[str, Field(min_length=1, max_length=ID_LENGTH)]
"""A category, a context's value, an action's name."""
Finite = Annotated[float, Field(allow_inf_nan=False)]
Magnitude = Annotated[Finite, Field(ge=-1e9, le=1e9)]
"""A number that 32 bits hold, and whose square they hold too."""
VectorValue = Annotated[list[Magnitude], Field(min_length=1, max_length=4096)]


def about(field: str, message: str) -> PydanticCustomError:
    """What a check over several fields raises, so that the error names the one that would help."""
    return PydanticCustomError("about", "{message}", {"field": field, "message": message})


def seconds(given: Any) -> Any:
    """Unix seconds of an RFC 3339 time; anything but a string is left for the number check."""
    if not isinstance(given, str):
        return given
    wanted = "expected Unix seconds or an RFC 3339 time with its offset"
    if _RFC3339.fullmatch(given) is None:
        raise ValueError(wanted)
    try:
        return datetime.fromisoformat(given.upper()).timestamp()
    except (ValueError, OverflowError) as error:  # the 31st of February
        raise ValueError(wanted) from error


Moment = Annotated[
    float,
    Field(ge=0, le=LATEST, allow_inf_nan=False),
    BeforeValidator(seconds),
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


def distinct(given: list[str]) -> list[str]:
    """The same strings; raises ValueError where one comes twice."""
    if len(set(given)) < len(given):
        raise ValueError(f"expected distinct values, given {len(given) - len(set(given))} twice")
    return given


def some_weight(given: dict[str, float]) -> dict[str, float]:
    """The same weights; raises ValueError where all are 0."""
    if not any(given.values()):
        raise ValueError("expected at least one weight other than 0, given none")
    return given


def number(given: int | float) -> float:
    """A finite float; raises ValueError for any other number."""
    try:
        found = float(given)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise ValueError("expected a finite number")
    return found


def words(given: list[Any], most: int = 1000) -> tuple[str, ...]:
    """A set of categories; raises ValueError for anything but up to `most` short strings."""
    if len(given) > most or not all(isinstance(word, str) and 1 <= len(word) <= ID_LENGTH for word in given):
        raise ValueError(f"expected up to {most} strings of 1 to {ID_LENGTH} characters")
    return tuple(given)


def attribute(given: Any) -> str | float | tuple[str, ...]:
    """An attribute of an item or user: text or a category, a number, or a list of categories."""
    if isinstance(given, str) and len(given) <= TEXT_LENGTH:
        return given
    if isinstance(given, int | float) and not isinstance(given, bool):
        return number(given)
    if isinstance(given, list):
        return words(given)
    raise ValueError(f"expected a string of up to {TEXT_LENGTH} characters, a number or a list of strings")


AttributeValue = Annotated[
    Any,  # str | float | tuple[str, ...], as `attribute` returns it
    PlainValidator(attribute),
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
