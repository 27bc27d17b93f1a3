"""kill -9 and hangs, of the service and of its Redis: nothing accepted is lost, answers go on, all recovers."""

import itertools
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from tests.e2e.conftest import Launch, Load, Running

DEGRADED = ["state:session_only"]
"""The first reason; the second has the code of what happened to Redis."""


def _writes(number: int) -> dict[str, Any]:
    """Three events of one of five users; the items' names are all different."""
    names = [f"n{number}-{part}" for part in range(3)]
    return {
        "events": [
            {"event_id": name, "user_id": f"writer-{number % 5}", "item_id": name, "action": "view"}
            for name in names
        ]
    }


def _accepted(load: "Load") -> dict[str, set[str]]:
    """User -> the items of the calls that were answered with a 200: all of the call must be stored."""
    found: dict[str, set[str]] = {}
    for answer in load.answers:
        if answer.status_code == httpx.codes.OK:
            assert answer.json()["accepted"] + answer.json()["duplicates"] == 3
            sent = httpx.Response(200, content=answer.request.content).json()["events"]
            found.setdefault(sent[0]["user_id"], set()).update(event["item_id"] for event in sent)
    return found


def _assert_stored(service: "Running", accepted: dict[str, set[str]]) -> None:
    assert len(accepted) == 5
    for user_id, items in accepted.items():
        stored = service.events_of(user_id)
        assert len(stored) == len(set(stored))
        # The store keeps a user's newest 500 events; the tests write fewer.
        assert items <= set(stored)


def test_kill_9_of_the_service_loses_nothing_and_leaves_nothing(
    launch: "Launch",
    trained: Path,
    tmp_path: Path,
    load: type["Load"],
    wait_until: Callable[..., None],
    running: Callable[[int], bool],
) -> None:
    service = launch(trained, tmp_path / "state")
    redis = service.redis_pid
    writing = load(service.url, "/v1/events", _writes)
    with writing.running(callers=4):
        wait_until("enough events are accepted", lambda: writing.ok >= 60)
        assert service.end(signal.SIGKILL) == -signal.SIGKILL
    wait_until("the killed service's Redis is gone", lambda: not running(redis))
    again = launch(trained, tmp_path / "state")
    assert again.redis_pid != redis
    _assert_stored(again, _accepted(writing))
    assert len(again.ids(user_id="writer-0")) == 10


def test_kill_9_of_redis_degrades_answers_and_loses_nothing(
    launch: "Launch", trained: Path, tmp_path: Path, load: type["Load"], wait_until: Callable[..., None]
) -> None:
    service = launch(trained, tmp_path / "state")
    asking, writing = load(service.url), load(service.url, "/v1/events", _writes)
    with asking.running(), writing.running():
        for _ in range(2):
            wait_until("events are accepted", lambda before=writing.ok: writing.ok >= before + 15)
            redis = service.redis_pid
            os.kill(redis, signal.SIGKILL)
            wait_until("Redis is started again", lambda redis=redis: redis not in _children(service))
            whole = _whole(asking)
            wait_until("answers are whole again", lambda whole=whole: _whole(asking) > whole + 5)
    assert asking.failures == writing.failures == []
    assert {answer.status_code for answer in asking.answers} == {httpx.codes.OK}
    assert all(len(answer.json()["items"]) == 5 for answer in asking.answers)
    said = [answer.json()["degraded"][:1] for answer in asking.answers]
    assert [] in said and DEGRADED in said and all(one in ([], DEGRADED) for one in said)
    refused = [answer for answer in writing.answers if answer.status_code != httpx.codes.OK]
    assert refused
    for answer in refused:
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert int(answer.headers["retry-after"]) >= 1
    _assert_stored(service, _accepted(writing))


def _children(service: "Running") -> set[int]:
    try:
        return {service.redis_pid}
    except ValueError:  # none at this moment
        return set()


def _whole(asking: "Load") -> int:
    return sum(
        answer.status_code == httpx.codes.OK and not answer.json()["degraded"] for answer in asking.answers
    )


def test_a_redis_that_hangs_holds_no_answer_up(
    launch: "Launch", trained: Path, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    service = launch(trained, tmp_path / "state")
    service.tell("u1", "i5")
    redis = service.redis_pid
    os.kill(redis, signal.SIGSTOP)
    try:
        took = []
        for _ in range(3):
            began = time.monotonic()
            answer = service.recommend(user_id="u1", session=[{"item_id": "i9", "action": "like"}])
            took.append(time.monotonic() - began)
            assert answer["degraded"][:1] == DEGRADED and len(answer["items"]) == 10
            # Of the whole the service waits for Redis no longer than its timeout, half a second.
            assert answer["took_ms"]["state"] < 5000
        assert min(took) < 2
        event = {"user_id": "u1", "item_id": "i6", "action": "view"}
        refused = service.http.post("/v1/events", json={"events": [event]})
        assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE and "retry-after" in refused.headers
        assert service.http.get("/livez").status_code == httpx.codes.OK
    finally:
        os.kill(redis, signal.SIGCONT)
    wait_until("answers are whole again", lambda: service.recommend(user_id="u1")["degraded"] == [])
    assert service.redis_pid == redis
    assert "i5" in service.events_of("u1")
    for item_id in itertools.islice(("i13", "i17"), 2):
        service.tell("u1", item_id)
