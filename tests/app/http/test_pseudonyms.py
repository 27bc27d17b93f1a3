"""Pseudonyms over real HTTP: the answer names the id that was asked for, and Redis, the audit and the logs no id."""

import logging

import pytest
import redis

from app.state.pseudonyms import Pseudonyms
from app.state.redis.keys import digest
from tests.app.http.access_calls import Serve, read_audit
from tests.app.redis_dump import dump_redis

KEY = "0123456789abcdef" * 2
NAMES = Pseudonyms(KEY.encode())
ALICE, VISITOR = "alice@example.org", "visitor-of-the-shop"


def test_a_user_is_served_by_id_and_kept_by_pseudonym(
    serve: Serve, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    events = [
        {"user_id": user_id, "item_id": "7", "action": "view", "timestamp": time, "event_id": "e"}
        for user_id, time in ((ALICE, 5.0), (VISITOR, 6.0))
    ]
    with caplog.at_level(logging.DEBUG), serve(pseudonym_key=KEY) as service:
        assert service.post("/v1/events", json={"events": events}).json()["accepted"] == 2
        service.put(f"/v1/users/{ALICE}", json={"interests": "space"})
        merged = service.post(f"/v1/users/{ALICE}/merge", json={"from": VISITOR}).json()
        assert (merged["user_id"], merged["from"], merged["moved"]["events"]) == (ALICE, VISITOR, 1)
        shown = service.get(f"/v1/users/{ALICE}").json()
        assert (shown["user_id"], shown["event_count"]) == (ALICE, 2)
        assert shown["profile"]["interests"] == "space"
        assert shown["merged_from"] == [NAMES.name(VISITOR)]
        assert service.get(f"/v1/users/{VISITOR}").json()["merged_into"] == NAMES.name(ALICE)
        before = dump(redis_url)
        erased = service.delete(f"/v1/users/{ALICE}").json()
        assert erased["user_id"] == ALICE and erased["deleted"] == {"events": 2, "profile": 1, "stream": 2}
        assert service.get(f"/v1/users/{ALICE}").status_code == 404
    acts = [(act["action"], act["subject"], act["detail"].get("source")) for act in read_audit(redis_url)]
    alice, visitor = f"user:{NAMES.name(ALICE)}", f"user:{NAMES.name(VISITOR)}"
    assert acts == [("user.merge", alice, visitor), ("user.erase", alice, None)]
    own = [record for record in caplog.records if record.name.startswith(("chorus", "uvicorn"))]
    logs = " ".join(f"{record.getMessage()} {vars(record)}" for record in own)
    assert "/v1/users/{user_id" in logs and ALICE not in logs and VISITOR not in logs
    assert NAMES.name(ALICE).encode() in before
    for name in (ALICE, VISITOR):
        for stored in (before, dump(redis_url)):
            assert name.encode() not in stored and digest(name).hex().encode() not in stored


def dump(url: str) -> bytes:
    """Every key and value in Redis."""
    with redis.Redis.from_url(url) as client:
        return dump_redis(client)
