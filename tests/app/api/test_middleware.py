"""Around every request: its id, the limits, one line in the log, and the answer to an unexpected error."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Response
from pydantic import BaseModel

from app.api.error_handlers import handle_errors
from app.api.guarded_route import make_guarded_router
from app.api.middleware import RequestObserver
from app.api.request_body import Json
from app.api.responses import json_response
from app.config import read_settings
from app.errors import NotFoundError
from app.state.protocol import StateUnavailableError, StoreFullError
from app.telemetry import Metrics
from tests.app.api.service_state import with_service

LIMIT = 1024


class Echo(BaseModel):
    text: str


class Gate:
    """Lets a test hold requests inside the application."""

    def __init__(self) -> None:
        self.entered = asyncio.Semaphore(0)
        self.leave = asyncio.Event()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
async def client(metrics: Metrics, gate: Gate) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI(redirect_slashes=False)
    router = make_guarded_router("echo")

    @router.post("/echo/{name}")
    async def echo(body: Json[Echo], name: str) -> Response:
        return json_response({"name": name, "text": body.text})

    @router.get("/held")
    async def held() -> Response:
        gate.entered.release()
        await gate.leave.wait()
        return json_response({})

    @app.get("/v1/broken/{kind}")
    async def broken(kind: str) -> Response:
        raise {
            "bug": KeyError("user-42"),
            "away": StateUnavailableError("redis"),
            "full": StoreFullError("items"),
            "lost": NotFoundError("expected an item", "item_id"),
        }[kind]

    @app.get("/livez")
    async def livez(limit: int = 3) -> Response:
        return json_response({"limit": limit})

    app.include_router(router)
    handle_errors(app)
    app.add_middleware(RequestObserver, metrics=metrics)
    transport = httpx.ASGITransport(
        with_service(
            app, read_settings(body_timeout_s=0.2, max_body_bytes=LIMIT, max_concurrency=2), metrics
        ),
        raise_app_exceptions=False,
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://chorus") as opened:
        yield opened


def _told(response: httpx.Response, status: int, code: str, field: str | None = None) -> None:
    assert response.status_code == status
    error = response.json()["error"]
    assert set(error) == {"code", "message", "field"}
    assert (error["code"], error["field"]) == (code, field)
    assert error["message"]


async def test_a_sane_request_id_comes_back_and_another_is_replaced(client: httpx.AsyncClient) -> None:
    given = await client.get("/livez", headers={"X-Request-ID": "a.b-C_9"})
    assert given.headers["x-request-id"] == "a.b-C_9"
    for insane in ("", "x" * 65, "a b", "{}", "a/b"):
        replaced = await client.get("/livez", headers={"X-Request-ID": insane})
        assert len(replaced.headers["x-request-id"]) == 32


async def test_every_error_has_the_one_shape(client: httpx.AsyncClient) -> None:
    _told(await client.get("/nowhere"), 404, "not_found")
    _told(await client.get("/v1/broken/lost"), 404, "not_found", "item_id")
    _told(await client.get("/livez?limit=x"), 422, "invalid_request", "limit")
    wrong = await client.delete("/livez")
    _told(wrong, 405, "method_not_allowed")
    assert wrong.headers["allow"] == "GET"
    away = await client.get("/v1/broken/away")
    _told(away, 503, "store_unreachable")
    assert away.headers["retry-after"] == "1"
    _told(await client.get("/v1/broken/full"), 413, "catalogue_full")


async def test_a_body_is_json_of_its_own_type(client: httpx.AsyncClient) -> None:
    good = await client.post("/v1/echo/a", json={"text": "x"})
    assert good.json() == {"name": "a", "text": "x"}
    _told(await client.post("/v1/echo/a", content=b"{"), 422, "invalid_json")
    _told(await client.post("/v1/echo/a", content=b""), 422, "invalid_json")
    _told(await client.post("/v1/echo/a", json={}), 422, "invalid_request", "text")
    _told(await client.post("/v1/echo/a", data={"text": "x"}), 415, "unsupported_media_type")
    for kind in ("application/json; charset=utf-8", "application/vnd.chorus+json"):
        taken = await client.post("/v1/echo/a", content=b'{"text": "x"}', headers={"content-type": kind})
        assert taken.status_code == 200


async def test_a_body_past_the_limit_is_refused_whether_its_length_is_told_or_not(
    client: httpx.AsyncClient,
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 200

    told = await client.post("/v1/echo/a", content=b"x" * (LIMIT + 1))
    _told(told, 413, "payload_too_large")
    _told(await client.post("/v1/echo/a", content=pieces()), 413, "payload_too_large")
    exact = json.dumps({"text": "x" * (LIMIT - 12)})
    assert len(exact) == LIMIT
    assert (await client.post("/v1/echo/a", content=exact)).status_code == 200
    endless = await client.post("/v1/echo/a", content=b"{}", headers={"content-length": "9" * 30})
    _told(endless, 413, "payload_too_large")


async def test_a_body_that_does_not_come_is_given_up(client: httpx.AsyncClient) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)

    _told(await client.post("/v1/echo/a", content=slow()), 408, "request_timeout")


async def test_more_at_once_than_the_limit_gets_429_and_health_still_answers(
    client: httpx.AsyncClient, gate: Gate
) -> None:
    held = [asyncio.create_task(client.get("/v1/held")) for _ in range(2)]
    for _ in held:
        await gate.entered.acquire()
    refused = await client.get("/v1/held")
    _told(refused, 429, "too_many_requests")
    assert refused.headers["retry-after"] == "1"
    assert (await client.get("/livez")).status_code == 200
    gate.leave.set()
    assert [response.status_code for response in await asyncio.gather(*held)] == [200, 200]
    assert (await client.get("/v1/held")).status_code == 200


async def test_a_bug_answers_500_in_the_shape_and_is_logged_with_the_request_id(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "chorus"):
        response = await client.get("/v1/broken/bug", headers={"X-Request-ID": "find-me"})
    _told(response, 500, "internal")
    assert "user-42" not in response.text
    assert response.headers["x-request-id"] == "find-me"
    logged = [record for record in caplog.records if record.message == "unexpected error"]
    assert [record.fields["request_id"] for record in logged] == ["find-me"]  # type: ignore[attr-defined]


async def test_the_line_of_a_request_names_the_route_and_no_path(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "chorus"):
        await client.post("/v1/echo/user-42", json={"text": "private"})
        await client.post("/v1/echo/user-42?key=secret", json={"text": "private"})
        await client.get("/user-42")
    lines = [record.fields for record in caplog.records if record.message == "request"]  # type: ignore[attr-defined]
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("POST", "/v1/echo/{name}", 200),
        ("POST", "/v1/echo/{name}", 422),
        ("GET", "unmatched", 404),
    ]
    for word in ("user-42", "secret", "private"):
        assert word not in str(lines)


async def test_metrics_count_by_route_and_by_error_code(client: httpx.AsyncClient, metrics: Metrics) -> None:
    await client.post("/v1/echo/a", json={"text": "x"})
    await client.post("/v1/echo/b", json={})
    await client.get("/v1/broken/bug")
    await client.post("/v1/echo/b", content=b"x" * (LIMIT + 1))
    page = metrics.render().decode()
    assert 'chorus_requests_total{endpoint="/v1/echo/{name}",method="POST",status="200"} 1.0' in page
    assert 'chorus_requests_total{endpoint="/v1/echo/{name}",method="POST",status="422"} 1.0' in page
    for code in ("invalid_request", "internal", "payload_too_large"):
        assert f'chorus_errors_total{{code="{code}"}} 1.0' in page
    assert "chorus_requests_in_flight 0.0" in page
