"""Errors of a job file, each with the key, the expected and the given value."""

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

MAX_CHARACTERS = 80
"""The longest form of a value in a message."""


class JobError(Exception):
    """A job cannot be run. The message is one line, with the errors separated by "; "."""

    def __init__(self, *errors: str) -> None:
        super().__init__("; ".join(errors))
        self.errors = errors


class NothingNewError(JobError):
    """The data have no or too few events that the published bundle does not know."""


def format_value(value: object) -> str:
    """A value for a message: its Python literal, shortened to MAX_CHARACTERS."""
    text = repr(value)
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"


def describe(error: ValidationError, model: type[BaseModel]) -> tuple[str, ...]:
    """A line for each of pydantic's errors in a `model`: "key: expected X, given Y"."""
    return tuple(
        line
        for details in error.errors(include_url=False)
        for line in _describe_details(
            model, details["loc"], str(details["type"]), str(details["msg"]), details["input"]
        )
    )


def _describe_details(
    model: type[BaseModel], path: tuple[int | str, ...], kind: str, message: str, value: object
) -> Iterator[str]:
    key = ".".join(map(str, path))
    if kind == "value_error":  # from a validator of a job, which writes "expected X, given Y" itself
        for line in message.removeprefix("Value error, ").splitlines():
            yield f"{key}: {line}" if key else line
    elif kind == "missing":
        yield f"{key}: expected a value, given none"
    elif kind == "extra_forbidden":
        names = ", ".join(_model_at(model, path[:-1]).model_fields)
        yield f"{key}: expected one of the keys {names}, given {format_value(path[-1])}"
    else:
        yield f"{key or 'job'}: {_rephrase(message)}, given {format_value(value)}"


def _rephrase(message: str) -> str:
    """pydantic's message in the form "expected ...", with the nouns of a job."""
    for pattern, noun in _NOUNS.items():
        message = re.sub(pattern, noun, message)
    message = re.sub(r"^Input (should be|is not) ", "expected ", message)
    message = re.sub(r"^(\w+) should (match|have) ", r"expected the \1 to \2 ", message)
    message = re.sub(r" for <class .*>", "", message)
    return message if message.startswith("expected") else f"expected a valid value ({message})"


_NOUNS = {
    r"a valid dictionary( or instance of \w+)?": "a mapping of keys to values",
    r"an object": "a mapping of keys to values",
    r"a valid (array|list|tuple)": "a list",
    r"a valid integer": "a whole number",
    r"a valid number": "a number",
    r"a valid string": "a text",
}
"""Pattern of pydantic's noun -> the noun of a job."""


def _model_at(model: type[BaseModel], path: tuple[int | str, ...]) -> type[BaseModel]:
    """The model that validates the value at a path; what is no field's name is an index or the key of a mapping."""
    for key in path:
        if isinstance(key, str) and key in model.model_fields:
            model = next(_models_in(model.model_fields[key].annotation), model)
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models in a type annotation, such as `Section` in `Section | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
