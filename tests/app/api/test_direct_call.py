"""Direct calls of endpoints: the parameters that they take, and the endpoints that are left to FastAPI."""

from typing import Annotated, Any

import pytest
from fastapi import Depends, Request, Response
from pydantic import BaseModel

from app.api.direct_call import make_direct_call
from app.api.request_body import Json, JsonRequest
from app.api.routes import batch, events, items, recommendation, similar
from app.errors import InvalidJsonError


class Body(BaseModel):
    """A body of one number."""

    number: int


async def read_path(request: Request) -> str:
    """A function of the request."""
    return str(request.scope["path"])


async def answer(body: Json[Body], path: Annotated[str, Depends(read_path)], request: Request) -> Response:
    """An endpoint with all that is taken from a request."""
    return Response(f"{body.number} {path} {request.method}")


def ask(parsed: Any) -> JsonRequest:
    request = JsonRequest({"type": "http", "path": "/here", "method": "POST", "headers": []})
    request.parsed = parsed
    return request


async def test_the_parameters_are_taken_from_the_request() -> None:
    call = make_direct_call(answer)
    assert call is not None
    assert (await call(ask(Body(number=3)))).body == b"3 /here POST"


async def test_a_body_that_is_not_valid_is_the_error() -> None:
    call = make_direct_call(answer)
    assert call is not None
    with pytest.raises(InvalidJsonError):
        await call(ask(InvalidJsonError("expected JSON")))


async def test_a_request_without_a_parsed_body_is_refused() -> None:
    call = make_direct_call(answer)
    assert call is not None
    with pytest.raises(TypeError):
        await call(Request({"type": "http", "path": "/", "method": "POST", "headers": []}))


def test_other_endpoints_are_left_to_fastapi() -> None:
    async def of_more(request: Request, item_id: str) -> str:
        return item_id

    async def of_path(body: Json[Body], item_id: str) -> Response:
        return Response(item_id)

    async def of_two(body: Json[Body], both: Annotated[str, Depends(of_more)]) -> Response:
        return Response(both)

    async def of_model(body: Json[Body]) -> Body:
        return body

    assert [make_direct_call(each) for each in (of_path, of_two, of_model)] == [None] * 3


def test_the_routes_of_every_visit_are_called_directly() -> None:
    endpoints = (
        *(recommendation.recommend, recommendation.rank, recommendation.explain),
        *(batch.score_batch, events.post_events, similar.find_similar_to_several),
    )
    assert all(make_direct_call(each) is not None for each in endpoints)
    assert make_direct_call(items.put_item) is None
