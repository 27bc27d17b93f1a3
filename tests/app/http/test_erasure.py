"""Erasures and event ids over real HTTP: old events stay out, a full Redis erases, and conflicts are named."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import redis

from app.api.schemas.events import EventsAnswer
from app.api.schemas.users import ErasureAnswer, UserAnswer
from app.state.embedded.server import EmbeddedRedis

Serve = Callable[..., AbstractContextManager[httpx.Client]]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(tmp_path / "redis") as running:
        yield running


def event_of(user_id: str, item_id: str = "7", **more: object) -> dict[str, object]:
    return {"user_id": user_id, "item_id": item_id, "action": "view", **more}


def post(service: httpx.Client, *events: dict[str, object]) -> EventsAnswer:
    response = service.post("/v1/events", json={"events": list(events)})
    assert response.status_code == 200, response.text
    return EventsAnswer.model_validate_json(response.content)


def erase(service: httpx.Client, user_id: str) -> ErasureAnswer:
    response = service.delete(f"/v1/users/{user_id}")
    assert response.status_code == 200, response.text
    return ErasureAnswer.model_validate_json(response.content)


def test_an_old_event_is_rejected_after_an_erasure_and_a_new_one_is_not(service: httpx.Client) -> None:
    user_id = uuid4().hex
    old = event_of(user_id, timestamp=time.time() - 60, event_id="e1")
    assert post(service, old).accepted == 1
    receipt = erase(service, user_id)
    assert receipt.deleted["events"] == 1 and set(receipt.remains) == {"mark", "append_only_file"}
    wrong = event_of(user_id, action="adore")
    answer = post(service, event_of(user_id, "1"), old, wrong, event_of("another", timestamp=5.0), old)
    assert (answer.accepted, answer.duplicates) == (2, 0)
    rejected = [(row.index, row.error.code, row.error.field) for row in answer.rejected]
    assert rejected == [
        (1, "erased", "timestamp"),
        (2, "unknown_action", "action"),
        (4, "erased", "timestamp"),
    ]
    shown = UserAnswer.model_validate_json(service.get(f"/v1/users/{user_id}").content)
    assert [event.item_id for event in shown.events] == ["1"] and shown.event_count == 1
    assert shown.erased_at == receipt.erased_at


def test_the_receipt_names_the_bundle_for_a_user_of_the_training_data(
    serve: Serve, own: EmbeddedRedis
) -> None:
    with serve(redis_url=own.url) as service:
        assert "bundle" in erase(service, "u4").remains


def test_an_event_id_with_another_content_is_named(service: httpx.Client) -> None:
    user_id = uuid4().hex
    sent = event_of(user_id, event_id="e1")  # its time is that of its arrival
    assert post(service, sent).accepted == 1
    again = post(service, sent)
    assert (again.accepted, again.duplicates, again.conflicts) == (0, 1, [])
    other = {**sent, "item_id": "3"}
    answer = post(service, event_of(user_id, action="adore"), other, sent, event_of(user_id), other)
    assert (answer.accepted, answer.duplicates, answer.conflicts) == (1, 3, [1, 4])
    assert [row.index for row in answer.rejected] == [0]
    assert "conflicts" not in service.post("/v1/events", json={"events": [sent]}).json()
    page = service.get("/metrics").text
    counted = {
        outcome: float(page.split(f'chorus_events_total{{outcome="{outcome}"}} ')[1].split("\n")[0])
        for outcome in ("conflict", "duplicate")
    }
    assert counted["conflict"] >= 2 and counted["duplicate"] >= 2


def test_a_full_redis_erases_over_http(serve: Serve, own: EmbeddedRedis) -> None:
    user_id = uuid4().hex
    old = event_of(user_id, timestamp=5.0)
    with serve(redis_url=own.url) as service, redis.Redis.from_url(own.url) as admin:
        assert post(service, old).accepted == 1
        admin.config_set("maxmemory-policy", "noeviction")
        admin.config_set("maxmemory", "1")
        assert service.post("/v1/events", json={"events": [old]}).status_code == 503
        assert erase(service, user_id).deleted == {"events": 1, "profile": 0, "stream": 1}
        admin.config_set("maxmemory", "0")
        assert [row.error.code for row in post(service, old).rejected] == ["erased"]


def test_an_erasure_that_cannot_be_noted_is_said(serve: Serve, own: EmbeddedRedis) -> None:
    with redis.Redis.from_url(own.url) as admin:
        admin.execute_command("ACL", "SETUSER", "eraser", "on", ">word", "~*", "+@all")
        with serve(redis_url=own.url.replace("unix://", "unix://eraser:word@")) as service:
            assert post(service, event_of("u1", timestamp=5.0)).accepted == 1
            admin.execute_command("ACL", "SETUSER", "eraser", "-set")
            refused = service.delete("/v1/users/u1")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            error = refused.json()["error"]
            assert error["code"] == "erasure_not_noted" and "send it again" in error["message"]
            admin.execute_command("ACL", "SETUSER", "eraser", "+set")
            assert erase(service, "u1").deleted["events"] == 0
            assert service.get("/v1/users/u1").status_code == 404
