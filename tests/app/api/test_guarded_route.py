"""The order of what a guarded route does: the key, the body's type and arrival, the path, the body's content."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Response
from pydantic import BaseModel

from app.api.error_handlers import handle_errors
from app.api.guarded_route import make_guarded_router
from app.api.request_body import Json
from app.api.responses import json_response
from app.api.routes.paths import ITEM, ItemId
from app.config import read_settings
from tests.app.api.service_state import with_service

KEY = {"X-API-Key": "s3cret"}


class Note(BaseModel):
    text: tuple[str, ...]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    settings = read_settings(api_key="s3cret", body_timeout_s=0.2)
    router, app = make_guarded_router("notes"), FastAPI()

    @router.put(ITEM)
    async def put_note(body: Json[Note], item_id: ItemId) -> Response:
        return json_response({"item_id": item_id, "text": body.text})

    @router.get(ITEM)
    async def get_note(item_id: ItemId) -> Response:
        return json_response({"item_id": item_id})

    app.include_router(router)
    handle_errors(app)

    transport = httpx.ASGITransport(with_service(app, settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://chorus") as opened:
        yield opened


def _code(response: httpx.Response) -> tuple[int, str, str | None]:
    error = response.json()["error"]
    return response.status_code, error["code"], error["field"]


async def test_without_the_key_no_byte_of_a_body_is_read(client: httpx.AsyncClient) -> None:
    sent = []

    async def pieces() -> AsyncIterator[bytes]:
        sent.append(1)
        yield b"{}"

    refused = await client.put("/v1/items/a", content=pieces())
    assert _code(refused) == (401, "unauthorized", None) and sent == []
    assert (await client.get("/v1/items/a")).status_code == 401
    assert (await client.get("/v1/items/a", headers=KEY)).json() == {"item_id": "a"}


async def test_a_wrong_id_is_told_before_a_wrong_body(client: httpx.AsyncClient) -> None:
    for content in (b"", b"{", b'{"text": 3}', b'{"text": ["a"]}'):
        refused = await client.put(f"/v1/items/{'x' * 513}", content=content, headers=KEY)
        assert _code(refused) == (422, "invalid_request", "item_id")


@pytest.mark.parametrize("content_type", [None, "application/json", "application/vnd.x+json", "text/x+json"])
async def test_json_is_parsed_as_json_whatever_its_type_is_called(
    client: httpx.AsyncClient, content_type: str | None
) -> None:
    """In JSON a list stands for a tuple; FastAPI's own parsing would give Python objects."""
    headers = KEY if content_type is None else {**KEY, "content-type": content_type}
    put = await client.put("/v1/items/a", content=b'{"text": ["x"]}', headers=headers)
    assert put.json() == {"item_id": "a", "text": ["x"]}
    refused = await client.put("/v1/items/a", content=b'{"text": ["x", 3]}', headers=headers)
    assert _code(refused) == (422, "invalid_request", "text.1")
    empty = await client.put("/v1/items/a", content=b"", headers=headers)
    assert _code(empty) == (422, "invalid_json", None)
