"""Read JSON bodies within limits of size and time, and parse their bytes in one step.

FastAPI first builds Python objects of a body and then validates them. Pydantic does both in one step, about twice
as fast, and with strict JSON types: a tuple is a list, a time is a string.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import anyio
from anyio import to_thread
from fastapi import Body, Request
from pydantic import BaseModel, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from app.api.json_structure import check_structure
from app.api.request_drain import has_body
from app.api.validation import describe_body
from app.errors import (
    InvalidJsonError,
    InvalidRequestError,
    OverloadedError,
    PayloadTooLargeError,
    RequestTimeoutError,
    UnsupportedMediaTypeError,
)

JSON = "application/json"
TEXT = "text/plain"
MAX_LENGTH_DIGITS = 18
SMALL_BYTES = 64 << 10
"""Bodies up to this size are parsed on the event loop, in about a millisecond; larger ones in a thread."""
MAX_HELD_BYTES = 256 << 20
"""The most bytes of all bodies in memory."""


class ParsedJson:
    """Annotation of a model that the route has parsed before FastAPI sees the body."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(_take_parsed, handler(source))


def _take_parsed(parsed: "BaseModel | InvalidRequestError", _validate: object) -> BaseModel:
    """The context of the error has the InvalidRequestError as `error`, which comes after those of parameters."""
    if isinstance(parsed, InvalidRequestError):
        raise PydanticCustomError("body", "expected a valid body", {"error": parsed})
    return parsed


Model = TypeVar("Model", bound=BaseModel)
Json = Annotated[Model, Body(), ParsedJson()]
"""The type of a route's body, `Json[RecommendRequest]`; FastAPI documents it as the model."""


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """The limits of one body."""

    max_bytes: int
    timeout_s: float
    types: Sequence[str] = (JSON,)
    """The content types, beside those that end in +json."""


class BodyMemory:
    """Counts the bytes of the bodies in memory."""

    def __init__(self, max_bytes: int = MAX_HELD_BYTES) -> None:
        self._max_bytes = max_bytes
        self._held = 0

    def take(self, size: int) -> None:
        """Count bytes; raises OverloadedError if there is no room for them, which are counted all the same."""
        self._held += size
        if self._held > self._max_bytes:
            raise OverloadedError(f"expected at most {self._max_bytes} bytes in bodies, given more")

    def release(self, size: int) -> None:
        """Forget bytes."""
        self._held -= size


class JsonRequest(Request):
    """A request with a body that is parsed already, or the error of parsing it."""

    parsed: BaseModel | InvalidRequestError

    async def body(self) -> Any:
        """The value that FastAPI passes to the validator of the route's parameter."""
        return self.parsed

    async def json(self) -> Any:
        """The same for the type application/json."""
        return self.parsed


def check_length(request: Request, max_bytes: int) -> None:
    """Raises PayloadTooLargeError if the declared length is over the limit."""
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and (len(length) > MAX_LENGTH_DIGITS or int(length) > max_bytes):
        raise _too_large(max_bytes)


def check_no_body(request: Request) -> None:
    """Raises InvalidRequestError for a body that the route does not read."""
    if has_body(request.headers):
        raise InvalidRequestError("expected no body, given one")


async def read_body(request: Request, limits: BodyLimits, memory: BodyMemory) -> bytes:
    """The whole body, counted in `memory`, from which the caller releases it.

    Raises UnsupportedMediaTypeError unless its content type is one of `types`, JSON or missing; RequestTimeoutError;
    PayloadTooLargeError; OverloadedError.
    """
    content_type = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if content_type not in limits.types and not content_type.endswith("+json"):
        raise UnsupportedMediaTypeError(f"expected content-type {JSON}, given {content_type[:80]!r}")
    body = bytearray()
    is_whole = False
    try:
        with anyio.fail_after(limits.timeout_s):
            async for piece in request.stream():
                body += piece
                memory.take(len(piece))
                if len(body) > limits.max_bytes:
                    raise _too_large(limits.max_bytes)
        is_whole = True
    except TimeoutError as error:
        raise RequestTimeoutError(f"The body did not arrive within {limits.timeout_s:g} s") from error
    finally:
        if not is_whole:
            memory.release(len(body))
    return bytes(body)


async def parse_json(model: type[Model], raw: bytes) -> Model | InvalidRequestError:
    """The model of a JSON document, or what is wrong with it. A large one is parsed in a thread."""
    if len(raw) <= SMALL_BYTES:
        return _parse(model, raw)
    return await to_thread.run_sync(_parse, model, raw)


def _parse(model: type[Model], raw: bytes) -> Model | InvalidRequestError:
    """The error names the first problem: to describe thousands would take seconds."""
    if not raw:
        return InvalidJsonError("expected JSON, given EOF while parsing a value at line 1 column 0")
    try:
        check_structure(raw, has_filter="filter" in model.model_fields)
        return model.model_validate_json(raw)
    except InvalidRequestError as error:
        return error
    except ValidationError as error:
        return describe_body(error)


def _too_large(max_bytes: int) -> PayloadTooLargeError:
    return PayloadTooLargeError(f"expected a body of at most {max_bytes} bytes, given more")
