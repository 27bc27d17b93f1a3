"""The errors of a job: each names the key, the expected and the given value."""

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

SHOWN = 80
"""The most characters of a value that a message repeats."""


class JobError(Exception):
    """A job that cannot be run. The message is one line, with the errors separated by "; "."""

    def __init__(self, *errors: str) -> None:
        super().__init__("; ".join(errors))
        self.errors = errors


def shown(value: object) -> str:
    """A value as a message repeats it: its literal form, shortened to SHOWN characters."""
    text = repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def describe(error: ValidationError, model: type[BaseModel]) -> tuple[str, ...]:
    """One line for each error that pydantic found in a `model`: "key: expected X, given Y"."""
    return tuple(
        line
        for details in error.errors(include_url=False)
        for line in _lines(model, details["loc"], str(details["type"]), str(details["msg"]), details["input"])
    )


def _lines(
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
        yield f"{key}: expected one of the keys {names}, given {shown(path[-1])}"
    else:
        yield f"{key or 'job'}: {_expected(message)}, given {shown(value)}"


def _expected(message: str) -> str:
    """pydantic's sentence, beginning with "expected"."""
    for pattern, noun in _NOUNS.items():
        message = re.sub(pattern, noun, message)
    message = re.sub(r"^Input (should be|is not) ", "expected ", message)
    message = re.sub(r"^(\w+) should (match|have) ", r"expected the \1 to \2 ", message)
    message = re.sub(r" for <class .*>", "", message)
    return message if message.startswith("expected") else f"expected a value for which not: {message}"


_NOUNS = {
    r"a valid dictionary( or instance of \w+)?": "a mapping of keys to values",
    r"an object": "a mapping of keys to values",
    r"a valid (array|list|tuple)": "a list",
    r"a valid integer": "a whole number",
    r"a valid number": "a number",
    r"a valid string": "a text",
}
"""pydantic's nouns -> the nouns of a job."""


def _model_at(model: type[BaseModel], path: tuple[int | str, ...]) -> type[BaseModel]:
    """The model that validates the value at a path; the numbers in it are list indices."""
    for key in path:
        if isinstance(key, str):
            model = next(_models_in(model.model_fields[key].annotation))
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
