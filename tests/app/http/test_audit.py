"""The audit, over real HTTP and a real Redis."""

import json

import httpx
import pytest
import redis

from app.access.audit import describe_user
from app.access.roles import Role
from tests.app.http.access_calls import TOKENS, Serve, bearer, forget, read_audit


def test_the_audit_tells_who_did_what_and_how_it_ended(keyed: httpx.Client, redis_url: str) -> None:
    forget(redis_url, "chorus:audit")
    admin, write = bearer(TOKENS[Role.ADMIN][0]), bearer(TOKENS[Role.WRITE][0])
    secret = "alice@example.org"
    keyed.put(
        "/v1/items/audit", json={"attributes": {"title": "T"}}, headers=write
    )  # one row is no bulk write
    asked = keyed.delete(f"/v1/users/{secret}", headers={**admin, "X-Request-ID": "r-1"})
    assert asked.status_code == 200
    keyed.post("/v1/model/reload", json={"bundle": "broken"}, headers=admin)
    keyed.post("/v1/model/reload", json={"bundle": "nowhere"}, headers=admin)
    keyed.post("/v1/users", json={"users": [{"user_id": secret}, {"user_id": 1}]}, headers=write)
    keyed.post("/v1/users/u1/merge", json={"from": secret}, headers=write)
    keyed.post(
        "/v1/items", json={"items": [{"item_id": "audit", "attributes": {"title": "T"}}]}, headers=write
    )
    keyed.delete("/v1/items/audit", headers=write)
    keyed.delete("/v1/users/u1", headers=write)  # not allowed: no act
    acts = read_audit(redis_url)
    by_admin, by_write = (f"key:{TOKENS[role][1].key_id}" for role in (Role.ADMIN, Role.WRITE))
    assert [(act["who"], act["action"], act["subject"], act["result"]) for act in acts] == [
        (by_admin, "user.erase", describe_user(secret, None), "ok"),
        (by_admin, "model.reload", "bundle:broken", "bad_bundle"),
        (by_admin, "model.reload", "bundle:nowhere", "unknown_bundle"),
        (by_write, "users.put", "", "ok"),
        (by_write, "user.merge", describe_user("u1", None), "ok"),
        (by_write, "items.put", "", "ok"),
        (by_write, "item.delete", "item:audit", "ok"),
    ]
    assert acts[0]["request_id"] == "r-1"
    assert acts[0]["detail"]["receipt"] == asked.json()["receipt"]
    assert acts[3]["detail"] == {"accepted": 1, "rejected": 1}
    assert acts[4]["detail"] == {"source": describe_user(secret, None)}
    assert secret not in json.dumps(acts)


def test_without_keys_the_audit_names_the_peer_and_forgets_the_oldest(serve: Serve, redis_url: str) -> None:
    forget(redis_url, "chorus:audit")
    with serve(audit_entries=3) as service:
        for number in range(5):
            service.delete(f"/v1/users/{number}", headers={"X-Forwarded-For": f"203.0.113.{number}"})
    assert [act["who"] for act in read_audit(redis_url)] == [
        f"peer:203.0.113.{number}" for number in (2, 3, 4)
    ]


def test_an_act_that_cannot_be_recorded_is_counted_and_done(
    serve: Serve, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    forget(redis_url, "chorus:audit")
    with redis.Redis.from_url(redis_url) as client:
        client.set("chorus:audit", "not a stream")
    try:
        with serve() as service:
            assert service.delete("/v1/users/u4").status_code == 200
            assert "chorus_audit_failures_total 1.0" in service.get("/metrics").text
        record = next(record for record in caplog.records if record.name == "chorus.audit")
        assert vars(record)["fields"]["action"] == "user.erase" and vars(record)["fields"][
            "subject"
        ] == describe_user("u4", None)
    finally:
        forget(redis_url, "chorus:audit")
