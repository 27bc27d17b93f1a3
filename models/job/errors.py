"""What is wrong with a job: each error names the key, what was expected and what was given."""

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

SHOWN = 80
"""Characters of a given value that a message repeats."""


class JobError(Exception):
    """A job that cannot be run as it is written. The message is one line: the errors, parted by "; "."""

    def __init__(self, *errors: str) -> None:
        super().__init__("; ".join(errors))
        self.errors = errors


def shown(value: object) -> str:
    """A value as a message repeats it: its literal form, shortened."""
    text = repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def wording(error: ValidationError, model: type[BaseModel]) -> tuple[str, ...]:
    """One line for each error that pydantic found in a `model`: "key: expected X, given Y"."""
    return tuple(
        line
        for one in error.errors(include_url=False)
        for line in _lines(model, one["loc"], str(one["type"]), str(one["msg"]), one["input"])
    )


def _lines(
    model: type[BaseModel], place: tuple[int | str, ...], kind: str, message: str, given: object
) -> Iterator[str]:
    key = ".".join(map(str, place))
    if kind == "value_error":  # ours: says expected and given; those of the whole job name their keys too
        for line in message.removeprefix("Value error, ").splitlines():
            yield f"{key}: {line}" if key else line
    elif kind == "missing":
        yield f"{key}: expected a value, given none"
    elif kind == "extra_forbidden":
        known = ", ".join(_model_at(model, place[:-1]).model_fields)
        yield f"{key}: expected one of the keys {known}, given {shown(place[-1])}"
    else:
        yield f"{key or 'job'}: {_expected(message)}, given {shown(given)}"


def _expected(message: str) -> str:
    """pydantic's sentence, begun with "expected"."""
    for pattern, ours in _NOUNS.items():
        message = re.sub(pattern, ours, message)
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
"""pydantic's words for what a job has -> ours."""


def _model_at(model: type[BaseModel], place: tuple[int | str, ...]) -> type[BaseModel]:
    """The model that a place within a job is validated by; numbers are places in a list."""
    for key in place:
        if isinstance(key, str):
            model = next(_models_in(model.model_fields[key].annotation))
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
