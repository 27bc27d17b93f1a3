"""Read JSON bodies within a time limit, and parse their bytes in one step.

FastAPI first builds Python objects of a body and then validates them. Pydantic does both in one step, about twice
as fast, and with strict JSON types: a tuple is a list, a time is a string.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import anyio
from fastapi import Body, Request
from pydantic import BaseModel, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from app.api.validation import describe_body
from app.errors import RequestTimeoutError, UnsupportedMediaTypeError

JSON = "application/json"
TEXT = "text/plain"


class FromJson:
    """Annotation of a model that is parsed from the bytes of a JSON document."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(make_json_parser(source), handler(source))


Model = TypeVar("Model", bound=BaseModel)
Json = Annotated[Model, Body(), FromJson()]
"""The type of a route's body, `Json[RecommendRequest]`; FastAPI documents it as the model."""


def make_json_parser(model: type[Model]) -> Callable[[bytes, object], Model]:
    """A validator of bytes. The context of its error has an InvalidRequestError as `error`.

    Otherwise FastAPI would describe all problems of a body, which takes seconds for thousands of them.
    """

    def parse(raw: bytes, _validate: object) -> Model:
        try:
            return model.model_validate_json(raw)
        except ValidationError as error:
            raise PydanticCustomError(
                "body", "expected a valid body", {"error": describe_body(error)}
            ) from error

    return parse


class JsonRequest(Request):
    """A request whose JSON body is left to FromJson: `json` returns the bytes."""

    async def json(self) -> bytes:
        return await self.body()


async def read_body(request: Request, timeout_s: float, types: Sequence[str] = (JSON,)) -> None:
    """Read the whole body, which the request then keeps.

    Raises UnsupportedMediaTypeError unless its content type is one of `types`, JSON or missing, and
    RequestTimeoutError.
    """
    content_type = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if content_type not in types and not content_type.endswith("+json"):
        raise UnsupportedMediaTypeError(f"expected content-type {JSON}, given {content_type[:80]!r}")
    try:
        with anyio.fail_after(timeout_s):
            await request.body()
    except TimeoutError as error:
        raise RequestTimeoutError(f"The body did not arrive within {timeout_s:g} s") from error
