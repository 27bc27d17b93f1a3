"""The service as a whole: health, metrics, its own page, the key, and what it does without its store."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from app.api.middleware import RequestObserver
from app.api.schemas.batch import BatchRequest
from app.api.schemas.events import EventsRequest, StoredEvent
from app.api.schemas.health import HealthAnswer, ReadinessAnswer
from app.api.schemas.item_tables import ItemsRequest
from app.api.schemas.items import ItemPatchRequest, ItemRequest
from app.api.schemas.model import ReloadRequest
from app.api.schemas.recommendation import RankRequest, RecommendRequest
from app.api.schemas.similar import SimilarRequest
from app.api.schemas.user_tables import UsersRequest
from app.api.schemas.users import MergeRequest, UserRequest
from app.state.embedded.server import EmbeddedRedis
from app.telemetry import Metrics

Serve = Callable[..., AbstractContextManager[httpx.Client]]


def test_health_needs_no_body_and_no_key(service: httpx.Client) -> None:
    assert HealthAnswer.model_validate_json(service.get("/livez").content).status == "alive"
    ready = ReadinessAnswer.model_validate_json(service.get("/readyz").content)
    assert (ready.status, ready.store.status, ready.store.code) == ("ready", "ok", None)
    assert [replica.model_version for replica in ready.replicas] == ["first"]
    assert service.get("/docs").status_code == 200


def test_metrics_count_endpoints_and_stages(service: httpx.Client) -> None:
    service.post("/v1/recommend", json={"user_id": "u1"})
    service.post("/v1/recommend", json={})
    page = service.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain")
    for name in (
        'chorus_requests_total{endpoint="/v1/recommend",method="POST",status="200"}',
        'chorus_requests_total{endpoint="/v1/recommend",method="POST",status="422"}',
        'chorus_stage_seconds_count{stage="score"}',
        'chorus_errors_total{code="invalid_request"}',
    ):
        assert name in page.text


def test_the_openapi_page_describes_every_endpoint_and_resolves(service: httpx.Client) -> None:
    page = service.get("/openapi.json").json()
    assert set(page["paths"]) == {
        "/v1/recommend",
        "/v1/rank",
        "/v1/explain",
        "/v1/batch-score",
        "/v1/events",
        "/v1/items",
        "/v1/items/similar",
        "/v1/items/{item_id}",
        "/v1/items/{item_id}/similar",
        "/v1/users",
        "/v1/users/{user_id}",
        "/v1/users/{user_id}/merge",
        "/v1/experiments",
        "/v1/experiments/{name}",
        "/v1/model",
        "/v1/outcomes",
        "/v1/erasures/{receipt}",
        "/v1/model/reload",
        "/livez",
        "/readyz",
        "/metrics",
    }
    assert _references(page) <= {f"#/components/schemas/{name}" for name in page["components"]["schemas"]}
    for model in (
        RecommendRequest,
        RankRequest,
        BatchRequest,
        EventsRequest,
        StoredEvent,
        ItemRequest,
        ItemPatchRequest,
        ItemsRequest,
        SimilarRequest,
        UserRequest,
        UsersRequest,
        MergeRequest,
        ReloadRequest,
    ):
        example = page["components"]["schemas"][model.__name__]["example"]
        model.model_validate_json(json.dumps(example))


def _references(node: object) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(_references(child) for child in node.values()))
    if isinstance(node, list):
        return set().union(*(_references(child) for child in node))
    return set()


def test_errors_of_routing_have_the_one_shape(service: httpx.Client) -> None:
    for method, path, status in (
        ("GET", "/nowhere", 404),
        ("GET", "/v1/recommend", 405),
        ("PUT", "/v1/", 404),
    ):
        response = service.request(method, path)
        assert response.status_code == status
        assert set(response.json()["error"]) == {"code", "message", "field"}


@pytest.mark.parametrize(
    "path",
    ["/livez", "/readyz", "/metrics", "/v1/model", "/v1/items/7/similar", "/v1/users/u1", "/v1/users/nobody"],
)
def test_head_answers_as_get_does_without_a_body(service: httpx.Client, path: str) -> None:
    asked, told = service.head(path), service.get(path)
    assert asked.status_code == told.status_code and asked.content == b""
    assert asked.headers["content-type"] == told.headers["content-type"]


def test_a_wrong_method_is_told_all_that_the_path_takes(service: httpx.Client) -> None:
    for method, path, methods in (
        ("POST", "/livez", "GET, HEAD"),
        ("HEAD", "/v1/recommend", "POST"),
        ("POST", "/v1/users/1", "DELETE, GET, HEAD, PUT"),
        ("POST", "/v1/items/50", "DELETE, GET, HEAD, PATCH, PUT"),
        ("POST", "/v1/items/a%2Fb/similar", "DELETE, GET, HEAD, PATCH, PUT"),
    ):
        response = service.request(method, path)
        assert (response.status_code, response.headers["allow"]) == (405, methods)


def test_the_key_opens_v1_and_health_needs_none(serve: Serve) -> None:
    with serve(api_key="s3cret") as service:
        assert service.get("/livez").status_code == service.get("/readyz").status_code == 200
        for headers in (
            {},
            {"X-API-Key": "wrong"},
            {"Authorization": "Bearer wrong"},
            {"Authorization": "s3cret"},
        ):
            refused = service.post("/v1/recommend", json={"user_id": "1"}, headers=headers)
            assert refused.status_code == 401 and refused.json()["error"]["code"] == "unauthorized"
        for headers in ({"X-API-Key": "s3cret"}, {"Authorization": "Bearer s3cret"}):
            taken = service.post("/v1/recommend", json={"user_id": "1"}, headers=headers)
            assert taken.status_code == 200


def test_a_body_past_the_limit_is_413(serve: Serve) -> None:
    with serve(max_body_bytes=2048) as service:
        response = service.post("/v1/recommend", content=b" " * 4096)
        assert response.status_code == 413 and response.json()["error"]["code"] == "payload_too_large"
        assert service.post("/v1/recommend", json={"user_id": "1"}).status_code == 200


def test_without_the_store_answers_go_on_and_say_so(serve: Serve, tmp_path: Path) -> None:
    redis = EmbeddedRedis(tmp_path)
    session = [{"item_id": "3", "action": "like"}]
    with redis as server, serve(redis_url=server.url) as service:
        assert service.post("/v1/recommend", json={"user_id": "u1"}).json()["degraded"] == []
        redis.close()
        answer = service.post("/v1/recommend", json={"user_id": "u1", "session": session})
        assert answer.status_code == 200 and len(answer.json()["items"]) == 10
        assert answer.json()["degraded"] == ["state:session_only", "state:store_unreachable"]
        group = {"user_id": "u1", "item_ids": ["1"]}
        batch = service.post("/v1/batch-score", json={"groups": [group]}).json()["groups"][0]
        assert batch["status"] == "ok" and batch["degraded"] == [
            "state:session_only",
            "state:store_unreachable",
        ]
        assert service.get("/v1/items/1/similar").status_code == 200
        assert service.get("/readyz").status_code == 200
        event = {"user_id": "u1", "item_id": "1", "action": "view"}
        lost = service.post("/v1/events", json={"events": [event]})
        assert "some of a write may be stored: send it again" in lost.json()["error"]["message"]
        for response in (
            lost,
            service.put("/v1/items/1", json={}),
            service.delete("/v1/items/1"),
            service.get("/v1/users/u1"),
            service.get("/v1/outcomes"),
            service.put("/v1/users/u1", json={}),
            service.delete("/v1/users/u1"),
        ):
            assert response.status_code == 503 and response.headers["retry-after"] == "1"
            assert response.json()["error"]["code"] == "store_unreachable"
        assert 'chorus_degraded_total{reason="state:session_only"}' in service.get("/metrics").text


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_body_of_another_type_is_told_what_is_expected(service: httpx.Client, kind: str) -> None:
    response = service.post("/v1/recommend", content=b'{"user_id": "1"}', headers={"content-type": kind})
    assert response.status_code == 415 and "application/json" in response.json()["error"]["message"]


def test_before_a_bundle_is_there_it_lives_but_is_not_ready(serve: Serve) -> None:
    with serve(empty=True) as service:
        assert service.get("/livez").status_code == 200
        assert service.get("/metrics").status_code == 200
        event = {"user_id": "u1", "item_id": "1", "action": "view"}
        for response in (
            service.get("/readyz"),
            service.get("/v1/model"),
            service.get("/v1/items/1/similar"),
            service.post("/v1/recommend", json={"user_id": "u1"}),
            service.post("/v1/recommend", json={"session": []}),
            service.post("/v1/events", json={"events": [event]}),
            service.post("/v1/batch-score", json={"groups": [{"item_ids": ["1"]}]}),
        ):
            assert response.status_code == 503 and response.headers["retry-after"] == "1"
            assert response.json()["error"]["code"] == "unavailable"


def test_a_body_of_very_many_problems_is_refused_in_few_words(service: httpx.Client) -> None:
    """Describing each of them would keep everybody else waiting."""
    wild = {"user_id": "u1", **{f"unknown{number}": 1 for number in range(2_000)}}
    answer = service.post("/v1/recommend", json=wild)
    assert answer.status_code == 422
    assert "2000 problems" in answer.json()["error"]["message"]


def test_a_request_cut_off_by_the_end_of_the_service_gets_503() -> None:
    async def endless(_scope: Scope, _receive: Receive, _send: Send) -> None:
        await asyncio.sleep(60)

    async def cut_off() -> list[Message]:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {"type": "http", "method": "POST", "path": "/v1/batch-score", "headers": []}
        task = asyncio.ensure_future(RequestObserver(endless, Metrics())(scope, receive, send))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return sent

    start, body = asyncio.run(cut_off())
    assert start["status"] == 503
    assert json.loads(body["body"])["error"]["code"] == "unavailable"
