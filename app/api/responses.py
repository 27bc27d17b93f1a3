"""Answers and bodies as bytes: one JSON writer, one reader, one shape for every error."""

import logging
from collections.abc import Mapping
from typing import Any, TypeVar

import anyio
import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Scope

from app.errors import (
    CatalogueFullError,
    ChorusError,
    InvalidRequestError,
    MethodNotAllowedError,
    NotFoundError,
    RequestTimeoutError,
    UnavailableError,
    UnsupportedMediaTypeError,
    invalid_body,
    invalid_request,
)
from app.state.protocol import StateUnavailableError, StoreFullError
from app.telemetry import LOGGER

Model = TypeVar("Model", bound=BaseModel)

CODE = "chorus.code"
"""Where an error answer leaves its code in the scope, for the metrics."""
REQUEST_ID = "x-request-id"
"""The header, and where the scope holds the request's id."""
METHODS = ("DELETE", "GET", "HEAD", "POST", "PUT")


def json_response(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON of plain values, numpy scalars and arrays; float32 numbers are written in their shortest form."""
    body = orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(body, status, dict(headers or {}), media_type="application/json")


def error_response(error: ChorusError, headers: Mapping[str, str] | None = None) -> Response:
    """The one shape of an error."""
    extra = {} if error.retry_after is None else {"retry-after": str(error.retry_after)}
    return json_response({"error": error.shape()}, error.status, {**extra, **(headers or {})})


async def read_body(request: Request, model: type[Model], within_s: float) -> Model:
    """The request's JSON body as `model`.

    Raises InvalidRequestError, UnsupportedMediaTypeError, or RequestTimeoutError where it comes too slowly.
    """
    given = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if given != "application/json" and not given.endswith("+json"):
        raise UnsupportedMediaTypeError(f"expected content-type application/json, given {given[:80]!r}")
    try:
        with anyio.fail_after(within_s):
            raw = await request.body()
    except TimeoutError as error:
        raise RequestTimeoutError(f"expected the body within {within_s:g} s, given less of it") from error
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise invalid_body(error) from error


def handle_errors(app: FastAPI) -> None:
    """Give every error of `app` the one shape."""
    for kind, tell in _TOLD.items():
        app.add_exception_handler(kind, _handler(tell))
    app.add_exception_handler(Exception, _of_bug)


def route_of(scope: Scope) -> str:
    """The route's template, never the path itself: a path holds ids."""
    return getattr(scope.get("route"), "path_format", "unmatched")


async def _of_bug(request: Request, error: Exception) -> Response:
    """The last boundary: a bug is logged with the request's id, and answers in the one shape."""
    request_id = request.scope[REQUEST_ID]
    fields = {"request_id": request_id, "route": route_of(request.scope)}
    logging.getLogger(LOGGER).error("unexpected error", exc_info=error, extra={"fields": fields})
    return error_response(ChorusError("something went wrong here"), {REQUEST_ID: request_id})


def _handler(tell: Any) -> Any:
    async def handle(request: Request, error: Exception) -> Response:
        told: ChorusError = tell(error)
        request.scope[CODE] = told.code
        of_route = "Allow" in (getattr(error, "headers", None) or {})
        return error_response(told, {"allow": allowed(request)} if of_route else None)

    return handle


def allowed(request: Request) -> str:
    """The methods of the request's path. The router itself names those of the first route that fits."""
    found = (
        method
        for method in METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    )
    return ", ".join(found)


def _own(error: ChorusError) -> ChorusError:
    return error


def _of_parameters(error: RequestValidationError) -> ChorusError:
    """A path or query parameter: the first part of its location says only which of the two."""
    details = [{**detail, "loc": detail["loc"][1:]} for detail in error.errors()]
    return invalid_request(details)


def _of_routing(error: HTTPException) -> ChorusError:
    if error.status_code == 404:
        return NotFoundError("expected a path of this service, given another")
    if error.status_code == 405:
        return MethodNotAllowedError("expected another method for this path")
    return InvalidRequestError(str(error.detail))


def _of_state(_error: StateUnavailableError) -> ChorusError:
    return UnavailableError(
        "expected the state store to answer, given nothing; "
        "some of it may be stored: send it again with the same event_ids"
    )


def _of_fullness(_error: StoreFullError) -> ChorusError:
    return CatalogueFullError("expected room for another item, given a full store")


_TOLD = {
    ChorusError: _own,
    RequestValidationError: _of_parameters,
    HTTPException: _of_routing,
    StateUnavailableError: _of_state,
    StoreFullError: _of_fullness,
}
