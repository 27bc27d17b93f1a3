"""Convert pydantic's errors into one error of the service, with the path of the first invalid field."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from app.api.schemas.scalars import FIELD_ERROR
from app.errors import InvalidJsonError, InvalidRequestError

MAX_DESCRIBED = 100
"""The most problems of a body that are described; for thousands pydantic would block the event loop for seconds."""
MESSAGES = {
    "missing": "expected a value, given none",
    "extra_forbidden": "expected no field of this name, given one",
    "model_type": "expected an object, given something else",
    "recursion_loop": "expected a shallow structure, given one too deep",
}
"""pydantic's error type -> message, for types whose wording does not say what was expected."""

_SHOULD = re.compile(r"^(String|List|Dictionary) should ")


def describe_body(error: ValidationError) -> InvalidRequestError:
    """The first problem of a body; only the number of problems if there are more than MAX_DESCRIBED."""
    if error.error_count() > MAX_DESCRIBED:
        return InvalidRequestError(
            f"expected a body of the documented shape, given one with {error.error_count()} problems"
        )
    return describe_problem(error.errors()[0])


def describe_problem(detail: Mapping[str, Any]) -> InvalidRequestError:
    """One of pydantic's error details as an error: what was expected, what was given, and the field's path."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "json_invalid":
        return InvalidJsonError(f"expected JSON, given {context['error']}")
    location: Sequence[int | str] = detail["loc"]
    field = field_path((*location, context["field"]) if kind == FIELD_ERROR else location)
    if kind in MESSAGES:
        return InvalidRequestError(MESSAGES[kind], field)
    message = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    message = _SHOULD.sub(lambda match: f"a {match[1].lower()} that should ", message)
    message = message if message.startswith("expected") else f"expected {message}"
    if ", given" not in message:
        message += f", given {_abbreviate(detail['input'])}"
    return InvalidRequestError(message, field)


def field_path(location: Iterable[int | str]) -> str | None:
    """`events.3.item_id` of pydantic's location, at most 300 characters; the tags of unions (`<all>`) are left out."""
    parts = [str(part)[:80] for part in location]
    path = ".".join(part for part in parts if not (part.startswith("<") and part.endswith(">")))
    return path[:300] or None


def _abbreviate(value: object) -> str:
    """A value for an error message, at most 80 characters."""
    if isinstance(value, list | dict):
        return f"{'a list' if isinstance(value, list) else 'an object'} of {len(value)}"
    text = repr(value[:60] if isinstance(value, str) else value)
    return text if len(text) <= 80 else f"{text[:77]}..."
