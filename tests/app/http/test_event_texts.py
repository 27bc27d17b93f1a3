"""The text of an event over HTTP: stored, shown, erased, encrypted, and named where the bundle does not read it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import uuid4

import httpx
import redis

SEARCH = "a quiet film about lighthouses"
Serve = Callable[..., AbstractContextManager[httpx.Client]]


def post(client: httpx.Client, **event: object) -> dict:
    answer = client.post("/v1/events", json={"events": [{"item_id": "7", "action": "click", **event}]})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_text_is_stored_and_shown_and_said_to_have_no_effect(service: httpx.Client) -> None:
    user_id = uuid4().hex
    stored = post(service, user_id=user_id, text=SEARCH, timestamp=5.0)
    assert (stored["accepted"], stored["ignored"]) == (1, ["events.0.text"])
    post(service, user_id=user_id, timestamp=6.0)
    first, second = service.get(f"/v1/users/{user_id}").json()["events"]
    assert first["text"] == SEARCH
    assert "text" not in second


def test_a_session_text_without_effect_is_named(service: httpx.Client) -> None:
    body = {"session": [{"item_id": "7", "action": "click", "text": SEARCH}]}
    assert service.post("/v1/recommend", json=body).json()["ignored"] == ["session.0.text"]


def test_a_text_belongs_to_the_content_of_an_event(service: httpx.Client) -> None:
    event = {"user_id": uuid4().hex, "event_id": "e1", "timestamp": 5.0}
    assert post(service, **event, text=SEARCH)["accepted"] == 1
    assert post(service, **event, text=SEARCH)["duplicates"] == 1
    assert post(service, **event, text="another")["conflicts"] == [0]
    assert post(service, **event)["conflicts"] == [0]


def test_a_text_that_is_too_long_or_empty_is_rejected_alone(service: httpx.Client) -> None:
    event = {"user_id": uuid4().hex, "item_id": "7", "action": "click"}
    texts = ["x" * 1000, "x" * 1001, "", 3]
    answer = service.post("/v1/events", json={"events": [event | {"text": text} for text in texts]}).json()
    assert answer["accepted"] == 1
    assert [(row["index"], row["error"]["field"]) for row in answer["rejected"]] == [
        (number, "text") for number in (1, 2, 3)
    ]


def test_an_erasure_takes_the_text_and_a_merge_moves_it(service: httpx.Client, redis_url: str) -> None:
    user_id, guest = uuid4().hex, uuid4().hex
    secret = f"lighthouse {uuid4().hex}"
    post(service, user_id=guest, text=secret)
    assert service.post(f"/v1/users/{user_id}/merge", json={"from": guest}).status_code == 200
    (event,) = service.get(f"/v1/users/{user_id}").json()["events"]
    assert event["text"] == secret
    assert find_in_redis(redis_url, secret)
    assert service.delete(f"/v1/users/{user_id}").status_code == 200
    assert not find_in_redis(redis_url, secret)


def test_with_a_key_no_text_is_in_clear(serve: Serve, redis_url: str) -> None:
    secret, user_id = f"lighthouse {uuid4().hex}", uuid4().hex
    client_of_redis = redis.Redis.from_url(redis_url)
    client_of_redis.flushall()
    with serve(state_key="k" * 32) as client:
        post(client, user_id=user_id, text=secret)
        (event,) = client.get(f"/v1/users/{user_id}").json()["events"]
        assert event["text"] == secret
        assert not find_in_redis(redis_url, secret)
    client_of_redis.flushall()
    client_of_redis.close()


def find_in_redis(url: str, text: str) -> bool:
    """True if some value of the store has the text in clear."""
    client, found = redis.Redis.from_url(url), False
    for key in client.scan_iter():
        kind = client.type(key)
        if kind == b"stream":
            found |= text.encode() in repr(client.xrange(key)).encode()
        else:
            found |= text.encode() in (client.dump(key) or b"") or (
                kind == b"string" and text.encode() in (client.get(key) or b"")
            )
    client.close()
    return found
