"""Keys: the secret one, publishable ones of web pages, the pages about the service, beacons, other origins."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

Serve = Callable[..., AbstractContextManager[httpx.Client]]
SECRET, PUBLIC = {"X-API-Key": "s3cret"}, {"X-API-Key": "pk_2"}
SHOP = "https://shop.example"
EVENT = {"user_id": "visitor", "item_id": "1", "action": "view"}


@pytest.fixture(scope="module")
def keyed(serve: Serve) -> Iterator[httpx.Client]:
    with serve(
        api_key="s3cret",
        publishable_keys="pk_1,pk_2",
        cors_origins=f"{SHOP},http://localhost:3000",
        max_body_bytes=4096,
    ) as client:
        yield client


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def test_a_publishable_key_recommends_and_sends_events_and_no_more(keyed: httpx.Client) -> None:
    page = keyed.get("/openapi.json", headers=SECRET).json()
    paths = {path for path in page["paths"] if path.startswith("/v1")}
    allowed = {"/v1/recommend", "/v1/rank", "/v1/explain", "/v1/events"}
    assert allowed < paths
    bodies: dict[str, dict[str, Any]] = {
        "/v1/recommend": {"user_id": "u1"},
        "/v1/rank": {"user_id": "u1", "item_ids": ["1"]},
        "/v1/explain": {"session": [], "item_id": "1"},
        "/v1/events": {"events": [EVENT]},
    }
    for headers in (PUBLIC, {"Authorization": "Bearer pk_1"}):
        for path in allowed:
            assert keyed.post(path, json=bodies[path], headers=headers).status_code == 200
        for path in paths - allowed:
            for method in page["paths"][path]:
                address = path.replace("{item_id}", "1").replace("{user_id}", "u1")
                refused = keyed.request(method, address, headers=headers)
                assert code(refused) == (403, "forbidden"), (method, path)


def test_a_publishable_key_reads_nobodys_history_from_reasons(keyed: httpx.Client) -> None:
    asked = {"user_id": "u1", "explain": True, "limit": 1}
    for path, more in (("/v1/recommend", {}), ("/v1/rank", {"item_ids": ["1"]})):
        refused = keyed.post(path, json={**asked, **more}, headers=PUBLIC)
        assert code(refused) == (403, "forbidden") and refused.json()["error"]["field"] == "explain"
        assert keyed.post(path, json={**asked, **more}, headers=SECRET).status_code == 200
    about = {"user_id": "u1", "item_id": "1"}
    refused = keyed.post("/v1/explain", json=about, headers=PUBLIC)
    assert code(refused) == (403, "forbidden") and refused.json()["error"]["field"] == "explain"
    assert keyed.post("/v1/explain", json=about, headers=SECRET).status_code == 200
    cursor = keyed.post("/v1/recommend", json=asked, headers=SECRET).json()["cursor"]
    paged = keyed.post("/v1/explain", json={"cursor": cursor, "item_id": "1"}, headers=PUBLIC)
    assert code(paged) == (403, "forbidden")
    assert code(keyed.post("/v1/recommend", json={"cursor": cursor}, headers=PUBLIC)) == (403, "forbidden")
    own = {"session": [{"item_id": "3", "action": "like"}], "explain": True}
    assert keyed.post("/v1/recommend", json=own, headers=PUBLIC).json()["items"][0]["reasons"]


def test_the_pages_about_the_service_need_the_secret_key(keyed: httpx.Client) -> None:
    for path in ("/metrics", "/docs", "/openapi.json"):
        for headers in ({}, {"X-API-Key": "wrong"}, {"Authorization": "Basic !"}):
            refused = keyed.get(path, headers=headers)
            assert code(refused) == (401, "unauthorized")
            assert refused.headers["www-authenticate"].startswith("Basic ")
        assert code(keyed.get(path, headers=PUBLIC)) == (403, "forbidden")
        for headers in (SECRET, {"Authorization": "Bearer s3cret"}):
            assert keyed.get(path, headers=headers).status_code == 200
        assert keyed.get(path, auth=("anybody", "s3cret")).status_code == 200
        assert keyed.get(path, auth=("s3cret", "pk_1")).status_code == 403
    assert keyed.get("/livez").status_code == keyed.get("/readyz").status_code == 200


def test_a_browsers_password_opens_nothing_but_pages(keyed: httpx.Client) -> None:
    """A browser sends a password by itself, also for a request that another site made."""
    refused = keyed.get("/v1/model", auth=("anybody", "s3cret"))
    assert code(refused) == (401, "unauthorized") and refused.headers["www-authenticate"] == "Bearer"


def test_a_setting_opens_pages(serve: Serve) -> None:
    with serve(api_key="s3cret", open_paths="/metrics") as service:
        assert service.get("/metrics").status_code == service.head("/metrics").status_code == 200
        assert service.get("/docs").status_code == service.get("/openapi.json").status_code == 401


def test_openapi_names_the_keys(keyed: httpx.Client) -> None:
    page = keyed.get("/openapi.json", headers=SECRET).json()
    schemes = page["components"]["securitySchemes"]
    assert schemes["bearer"]["scheme"] == "bearer"
    assert (schemes["header"]["name"], schemes["header"]["in"]) == ("X-API-Key", "header")
    assert (schemes["publishable"]["name"], schemes["publishable"]["in"]) == ("key", "query")
    for path, methods in page["paths"].items():
        for operation in methods.values():
            named = {name for alternative in operation.get("security", []) for name in alternative}
            expected = {"bearer", "header"} if path not in ("/livez", "/readyz") else set()
            assert named == expected | ({"publishable"} if path == "/v1/events" else set()), path


def test_a_beacon_sends_events_without_headers(keyed: httpx.Client) -> None:
    body, text = json.dumps({"events": [EVENT]}), {"content-type": "text/plain;charset=UTF-8"}
    sent = keyed.post("/v1/events?key=pk_1", content=body, headers=text)
    assert sent.status_code == 200 and sent.json()["accepted"] == 1
    for query in ("", "?key=", "?key=wrong", "?key=s3cret", "?key=pk_1&key=wrong", "?KEY=pk_1"):
        assert code(keyed.post(f"/v1/events{query}", content=body, headers=text)) == (401, "unauthorized"), (
            query
        )
    assert code(keyed.post("/v1/events?key=pk_1", content=body, headers={"X-API-Key": "wrong"}))[0] == 401
    recommend = json.dumps({"user_id": "u1"})
    assert code(keyed.post("/v1/recommend?key=pk_1", content=recommend))[0] == 401
    assert code(keyed.post("/v1/recommend", content=recommend, headers={**PUBLIC, **text}))[0] == 415
    assert code(keyed.post("/v1/events?key=pk_1", content="{", headers=text)) == (422, "invalid_json")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_preflight_needs_no_key(keyed: httpx.Client, method: str) -> None:
    asked = {"Origin": SHOP, "Access-Control-Request-Method": method}
    headers = {**asked, "Access-Control-Request-Headers": "content-type,x-api-key,authorization"}
    answer = keyed.options("/v1/recommend", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert method in answer.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in answer.headers


def test_a_page_reads_answers_and_errors(keyed: httpx.Client) -> None:
    shop, other = {"Origin": SHOP}, {"Origin": "https://evil.example"}
    ask: dict[str, Any] = {"json": {"user_id": "u1"}}
    for status, given in (
        (200, {"headers": {**shop, **PUBLIC}, **ask}),
        (401, {"headers": shop, **ask}),
        (413, {"headers": {**shop, **PUBLIC}, "content": b" " * 5000}),
        (415, {"headers": {**shop, **PUBLIC, "content-type": "text/csv"}, "content": b"a"}),
        (422, {"headers": {**shop, **PUBLIC}, "json": {"users": 1}}),
    ):
        answer = keyed.post("/v1/recommend", **given)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, SHOP)
        assert "x-request-id" in answer.headers["access-control-expose-headers"]
    assert keyed.get("/v1/nowhere", headers=shop).headers["access-control-allow-origin"] == SHOP
    refused = keyed.post("/v1/recommend", headers={**other, **PUBLIC}, **ask)
    assert "access-control-allow-origin" not in refused.headers
    preflight = {**other, "Access-Control-Request-Method": "POST"}
    assert keyed.options("/v1/recommend", headers=preflight).status_code == 400


def test_without_origins_no_page_of_another_may_read(service: httpx.Client) -> None:
    answer = service.post("/v1/recommend", json={"user_id": "u1"}, headers={"Origin": SHOP})
    assert answer.status_code == 200 and "access-control-allow-origin" not in answer.headers
    assert service.options("/v1/recommend", headers={"Origin": SHOP}).status_code == 405
