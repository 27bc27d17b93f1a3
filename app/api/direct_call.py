"""Call an endpoint with parameters that this service takes from the request itself, without FastAPI's resolution.

FastAPI documents every route. Its resolution of dependencies takes longer than reading the user's state, and it has
nothing to resolve where all parameters are the parsed body, the request, and functions of the request.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from fastapi import Request, Response
from fastapi.params import Depends

from app.api.request_body import JsonRequest, ParsedJson
from app.errors import InvalidRequestError

Take = Callable[[JsonRequest], Awaitable[Any]]
"""How one parameter is taken from the request."""
Call = Callable[[Request], Coroutine[Any, Any, Response]]


def make_direct_call(endpoint: Callable[..., Awaitable[Response]]) -> Call | None:
    """A call of the endpoint with a JsonRequest; None if it has other parameters, or does not return a Response."""
    hints = get_type_hints(endpoint, include_extras=True)
    if hints.pop("return", None) is not Response:
        return None
    takes: dict[str, Take] = {}
    for name, hint in hints.items():
        take = _find_take(hint)
        if take is None:
            return None
        takes[name] = take

    async def call(request: Request) -> Response:
        if not isinstance(request, JsonRequest):
            raise TypeError(f"expected a request with a parsed body, given {type(request).__name__}")
        return await endpoint(**{name: await take(request) for name, take in takes.items()})

    return call


def _find_take(hint: Any) -> Take | None:
    """How a parameter of this type is taken; None if FastAPI has to resolve it."""
    if hint is Request:
        return _take_request
    if get_origin(hint) is not Annotated:
        return None
    _type, *marks = get_args(hint)
    if any(isinstance(mark, ParsedJson) for mark in marks):
        return _take_body
    depends = next((mark for mark in marks if isinstance(mark, Depends)), None)
    provider = None if depends is None else depends.dependency
    if provider is None:
        return None
    needs = get_type_hints(provider)
    needs.pop("return", None)
    return provider if list(needs.values()) == [Request] else None


async def _take_request(request: JsonRequest) -> Request:
    return request


async def _take_body(request: JsonRequest) -> Any:
    """The parsed body. Raises InvalidRequestError for one that is not valid."""
    if isinstance(request.parsed, InvalidRequestError):
        raise request.parsed
    return request.parsed
