"""Convert errors of all packages into error answers; each type has one error of app.errors."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app.api.responses import ERROR_CODE, REQUEST_ID, error_response, route_template
from app.api.validation import describe_problem
from app.bundle_choice import UnknownBundleNameError
from app.errors import (
    CatalogueFullError,
    ChorusError,
    InvalidRequestError,
    MethodNotAllowedError,
    NotFoundError,
    TooManyRequestsError,
    UnavailableError,
    UnknownBundleError,
    UnknownHeadError,
)
from app.pipeline.scoring.fusion import InvalidWeightsError, UnknownWeightError
from app.pipeline.similar import UnknownItemError
from app.runtime import LoadInProgressError
from app.state.protocol import StateUnavailableError, StoreFault, StoreFullError
from app.store_errors import (
    StoreLoadingError,
    StoreOutOfMemoryError,
    StoreReadOnlyError,
    StoreRefusedError,
    StoreTimeoutError,
    StoreUnreachableError,
)
from app.telemetry import LOGGER
from app.tenant import BundleNotLoadedError

METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")

Convert = Callable[[Any], ChorusError]
Handler = Callable[[Request, Exception], Awaitable[Response]]


def handle_errors(app: FastAPI) -> None:
    """Register the handlers, so that every error of `app` has the same JSON shape."""
    for kind, convert in CONVERSIONS.items():
        app.add_exception_handler(kind, _handler(convert))
    app.add_exception_handler(Exception, _answer_bug)


def _handler(convert: Convert) -> Handler:
    async def handle(request: Request, error: Exception) -> Response:
        answer = convert(error)
        request.scope[ERROR_CODE] = answer.code
        headers = (
            {"allow": allowed_methods(request)} if answer.status == MethodNotAllowedError.status else None
        )
        return error_response(answer, headers)

    return handle


async def _answer_bug(request: Request, error: Exception) -> Response:
    """Log an unexpected error with the request's id, and answer without its details."""
    request_id = request.scope[REQUEST_ID]
    fields = {"request_id": request_id, "route": route_template(request.scope)}
    logging.getLogger(LOGGER).error("unexpected error", exc_info=error, extra={"fields": fields})
    return error_response(
        ChorusError("Internal error; see the log of this request"), {REQUEST_ID: request_id}
    )


def allowed_methods(request: Request) -> str:
    """All methods of the request's path. Starlette names only those of the first matching route."""
    scopes = ((method, {**request.scope, "method": method}) for method in METHODS)
    return ", ".join(
        method
        for method, scope in scopes
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
    )


def _convert_validation(error: RequestValidationError) -> ChorusError:
    """The first problem of the parameters, or else of the body.

    A location begins with path, query or body. The details of a body's error contain the error to answer.
    """
    detail = error.errors()[0]
    source, *location = detail["loc"]
    if source == "body":
        problem: ChorusError = detail["ctx"]["error"]
        return problem
    return describe_problem({**detail, "loc": location})


def _convert_http(error: HTTPException) -> ChorusError:
    if error.status_code == NotFoundError.status:
        return NotFoundError("No such path")
    if error.status_code == MethodNotAllowedError.status:
        return MethodNotAllowedError("This path does not take this method; see the Allow header")
    return InvalidRequestError(str(error.detail))


STORE_ERRORS: dict[StoreFault, tuple[type[UnavailableError], str]] = {
    StoreFault.OUT_OF_MEMORY: (StoreOutOfMemoryError, "The state store has no memory left"),
    StoreFault.READ_ONLY: (StoreReadOnlyError, "The state store is read-only"),
    StoreFault.LOADING: (StoreLoadingError, "The state store is still loading its data"),
    StoreFault.REFUSED: (StoreRefusedError, "The state store refused"),
    StoreFault.TIMEOUT: (StoreTimeoutError, "The state store did not answer in time"),
    StoreFault.UNREACHABLE: (StoreUnreachableError, "The state store cannot be reached"),
}


def convert_store_fault(fault: StoreFault) -> UnavailableError:
    """The error of a call that the store did not complete."""
    kind, reason = STORE_ERRORS[fault]
    return kind(f"{reason}; some of a write may be stored: send it again with the same event_ids")


CONVERSIONS: dict[type[Exception], Convert] = {
    ChorusError: lambda error: error,
    RequestValidationError: _convert_validation,
    HTTPException: _convert_http,
    StateUnavailableError: lambda error: convert_store_fault(error.fault),
    StoreFullError: lambda _error: CatalogueFullError("No room for another item: the store is full"),
    BundleNotLoadedError: lambda _error: UnavailableError("No bundle is loaded yet"),
    LoadInProgressError: lambda _error: TooManyRequestsError(
        "Another bundle is being loaded; try again later"
    ),
    UnknownWeightError: lambda error: UnknownHeadError(str(error), error.field),
    InvalidWeightsError: lambda error: InvalidRequestError(str(error), error.field),
    UnknownItemError: lambda _error: NotFoundError(
        "expected an item of the catalogue, given an unknown one", "item_id"
    ),
    UnknownBundleNameError: lambda _error: UnknownBundleError(
        "expected the name of a bundle in the bundles folder, given another", "bundle"
    ),
}
"""The conversion of each type of error; a subclass is converted as its nearest base in this table."""
EXPECTED_ERRORS = tuple(CONVERSIONS)


def convert_error(error: Exception) -> ChorusError:
    """The error that answers one of EXPECTED_ERRORS."""
    kind = next(kind for kind in type(error).__mro__ if kind in CONVERSIONS)
    return CONVERSIONS[kind](error)
