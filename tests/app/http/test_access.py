"""Keys with roles, the cap of wrong keys, limits and the audit, over real HTTP and a real Redis."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from app.access.api_key import ApiKey, KeyRequest, create_key, revoke_key
from app.access.audit import describe_user
from app.access.key_stores import KeyFile, RedisKeys
from app.access.roles import RULES, Role
from app.state.protocol import StoreHealth
from app.state.redis.client import RedisClient
from tests.app.http.conftest import patient

Serve = Callable[..., AbstractContextManager[httpx.Client]]
SETTLED_S = 60
"""Longest wait for a change of keys to count; it takes a second or two."""

BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/v1/recommend"): {"json": {"user_id": "u1"}},
    ("POST", "/v1/rank"): {"json": {"user_id": "u1", "item_ids": ["1"]}},
    ("POST", "/v1/batch-score"): {"json": {"groups": [{"user_id": "u1", "item_ids": ["1"]}]}},
    ("POST", "/v1/events"): {"json": {"events": [{"user_id": "v", "item_id": "1", "action": "view"}]}},
    ("POST", "/v1/items/similar"): {"json": {"item_ids": ["1"]}},
    ("POST", "/v1/items"): {"json": {"items": [{"item_id": "new", "attributes": {"title": "New"}}]}},
    ("PUT", "/v1/items/{item_id}"): {"json": {"attributes": {"title": "New"}}},
    ("PATCH", "/v1/items/{item_id}"): {"json": {"attributes": {"title": "Newer"}}},
    ("POST", "/v1/users"): {"json": {"users": [{"user_id": "v"}]}},
    ("PUT", "/v1/users/{user_id}"): {"json": {"interests": "jazz"}},
    ("POST", "/v1/users/{user_id}/merge"): {"json": {"from": "w"}},
    ("POST", "/v1/model/reload"): {"json": {"bundle": "first"}},
}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def settle(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SETTLED_S
    while not condition():
        assert time.monotonic() < deadline, "expected the change to count"
        time.sleep(0.05)


def store_in_file(path: Path, *keys: ApiKey) -> None:
    asyncio.run(KeyFile(path).change(lambda _keys: keys))


def store_in_redis(url: str, *keys: ApiKey) -> None:
    async def store() -> None:
        client = RedisClient(patient(url), StoreHealth())
        await RedisKeys(client, "chorus", 10).change(lambda _keys: keys)
        await client.close()

    asyncio.run(store())


def forget(url: str, *patterns: str) -> None:
    with redis.Redis.from_url(url) as client:
        for pattern in patterns:
            for key in client.scan_iter(pattern):
                client.delete(key)


def read_audit(url: str) -> list[dict[str, Any]]:
    with redis.Redis.from_url(url) as client:
        entries: Any = client.xrange("chorus:audit")
    acts = [{name.decode(): value.decode() for name, value in fields.items()} for _id, fields in entries]
    return [{**act, "detail": json.loads(act["detail"])} for act in acts]


TOKENS = {role: create_key(KeyRequest((role,), name=role), time.time()) for role in Role}


@pytest.fixture(scope="module")
def keys_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    store_in_file(path, *(key for _token, key in TOKENS.values()))
    return path


@pytest.fixture(scope="module")
def keyed(serve: Serve, keys_file: Path) -> Iterator[httpx.Client]:
    """A service with keys of each role in a file, and no CHORUS_API_KEY."""
    with serve(keys_file=keys_file, publishable_keys="pk_1") as client:
        yield client


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_use_its_routes_and_no_other(keyed: httpx.Client, role: Role) -> None:
    token, key = TOKENS[role]
    for (method, template), rule in RULES.items():
        path = template.replace("{item_id}", f"i-{role}").replace("{user_id}", f"u-{role}")
        answer = keyed.request(method, path, headers=bearer(token), **BODIES.get((method, template), {}))
        allowed = role is Role.ADMIN or role in rule.roles
        assert (answer.status_code == 403) is not allowed, (method, template, answer.text)
        assert answer.status_code in (200, 403, 404, 422), (method, template, answer.text)
        if not allowed:
            assert "expected a key with the role" in answer.json()["error"]["message"]
    head = keyed.head("/v1/model", headers=bearer(token))
    assert head.status_code == (200 if role in (Role.RECOMMEND, Role.ADMIN) else 403)
    assert key.digest not in keyed.get("/v1/model", headers=bearer(TOKENS[Role.ADMIN][0])).text


def test_a_publishable_key_works_beside_keys_of_a_file(keyed: httpx.Client) -> None:
    asked = {"json": {"user_id": "u1"}, "headers": {"X-API-Key": "pk_1"}}
    assert keyed.post("/v1/recommend", **asked).status_code == 200
    assert (
        code(keyed.post("/v1/items/similar", json={"item_ids": ["1"]}, headers={"X-API-Key": "pk_1"}))[0]
        == 403
    )
    secret = TOKENS[Role.EVENTS][0]
    events = BODIES["POST", "/v1/events"]
    assert keyed.post("/v1/events?key=pk_1", **events).status_code == 200
    assert code(keyed.post(f"/v1/events?key={secret}", **events)) == (401, "unauthorized")


def test_every_401_has_a_challenge(keyed: httpx.Client) -> None:
    for method, template in RULES:
        path = template.replace("{item_id}", "1").replace("{user_id}", "u1")
        refused = keyed.request(method, path)
        assert code(refused) == (401, "unauthorized"), template
        expected = "Bearer" if path.startswith("/v1") else "Basic "
        assert refused.headers["www-authenticate"].startswith(expected), template
    assert keyed.get("/livez").status_code == keyed.get("/readyz").status_code == 200


def test_a_file_is_followed(serve: Serve, tmp_path: Path, redis_url: str) -> None:
    """A new key works, an expired and a revoked one no longer, and a damaged file changes nothing."""
    path = tmp_path / "keys.json"
    token, key = create_key(KeyRequest((Role.RECOMMEND,)), time.time())
    store_in_file(path, key)
    forget(redis_url, "chorus:audit")
    with serve(keys_file=path) as service:

        def status(given: str) -> int:
            return service.get("/v1/model", headers=bearer(given)).status_code

        assert status(token) == 200
        other, other_key = create_key(KeyRequest((Role.RECOMMEND,)), time.time())
        store_in_file(path, other_key)
        settle(lambda: status(other) == 200)
        content = path.read_text()
        path.write_text("{")
        time.sleep(1.5)
        assert status(token) == status(other) == 200
        path.write_text(content)
        store_in_file(path, revoke_key(key, time.time()))
        settle(lambda: status(token) == 401)
        assert "revoked" in service.get("/v1/model", headers=bearer(token)).json()["error"]["message"]
        assert status(other) == 200
        settle(lambda: len(read_audit(redis_url)) >= 2)
    changes = read_audit(redis_url)
    assert [(act["who"], act["action"], act["subject"]) for act in changes] == [
        ("file:keys.json", "keys.change", other_key.key_id),
        ("file:keys.json", "keys.change", key.key_id),
    ]


def test_the_first_key_in_redis_closes_the_service(serve: Serve, redis_url: str) -> None:
    token, key = create_key(KeyRequest((Role.RECOMMEND,)), time.time())
    ending, ending_key = create_key(KeyRequest((Role.RECOMMEND,), expires_after_s=8), time.time())
    try:
        with serve() as service:
            assert service.get("/v1/model").status_code == 200
            store_in_redis(redis_url, key, ending_key)
            settle(lambda: service.get("/v1/model").status_code == 401)
            assert service.get("/v1/model", headers=bearer(token)).status_code == 200
            assert code(service.get("/metrics", headers=bearer(token))) == (403, "forbidden")
            settle(lambda: service.get("/v1/model", headers=bearer(ending)).status_code == 401)
            refused = service.get("/v1/model", headers=bearer(ending)).json()["error"]["message"]
            assert refused == "expected a valid key, given one that has expired"
            with serve(api_key="s3cret") as other:
                for given in (token, "s3cret"):
                    assert other.get("/v1/model", headers=bearer(given)).status_code == 200
    finally:
        forget(redis_url, "chorus:api_keys")


def test_with_redis_away_at_the_start_only_reading_is_open(serve: Serve) -> None:
    with serve(redis_url="redis://127.0.0.1:1") as service:
        assert service.post("/v1/recommend", json={"user_id": "u1"}).status_code == 200
        assert service.get("/metrics").status_code == 200
        for method, path, more in (
            ("POST", "/v1/model/reload", {"json": {"bundle": "first"}}),
            ("GET", "/v1/users/u1", {}),
            ("DELETE", "/v1/users/u1", {}),
        ):
            assert code(service.request(method, path, **more)) == (503, "store_unreachable")


def test_wrong_keys_are_slowed_and_right_ones_are_not(keyed: httpx.Client) -> None:
    """Behind a trusted proxy, as the tests' own address has to stay free for other tests."""
    peer = {"X-Forwarded-For": "203.0.113.7"}
    statuses = []
    for number in range(40):
        answer = keyed.get("/v1/model", headers={**peer, "X-API-Key": f"wrong-{number}"})
        statuses.append(answer.status_code)
    refused = statuses.index(429)
    assert 10 <= refused < 30 and set(statuses[:refused]) == {401}
    answer = keyed.get("/metrics", headers={**peer, **bearer("wrong")})
    if answer.status_code == 429:  # else the machine took six seconds for one request
        assert code(answer) == (429, "too_many_wrong_keys")
        assert 1 <= int(answer.headers["retry-after"]) <= 6
    right = bearer(TOKENS[Role.RECOMMEND][0])
    assert keyed.get("/v1/model", headers={**peer, **right}).status_code == 200
    assert (
        keyed.get("/v1/model", headers={"X-Forwarded-For": "203.0.113.8", "X-API-Key": "x"}).status_code
        == 401
    )
    assert keyed.get("/v1/model", headers=peer).status_code == 401, "no key is no wrong key"


def test_requests_of_a_key_are_limited_in_all_replicas(serve: Serve, redis_url: str) -> None:
    given: dict[str, Any] = {
        "api_key": "s3cret",
        "publishable_keys": "pk_1",
        "daily_quota": 6,
        "redis_timeout_s": 10,
    }
    headers, ask = {"X-API-Key": "s3cret"}, {"json": {"user_id": "u1", "limit": 1}}
    forget(redis_url, "chorus:limit:*")
    with serve(**given) as one, serve(**given) as other:
        answers = [
            (one, other)[number % 2].post("/v1/recommend", headers=headers, **ask) for number in range(8)
        ]
        assert [answer.status_code for answer in answers] == [200] * 6 + [429] * 2
        assert [int(answer.headers["ratelimit-remaining"]) for answer in answers] == [5, 4, 3, 2, 1, 0, 0, 0]
        last = answers[-1]
        assert code(last) == (429, "quota_exceeded")
        assert 1 <= int(last.headers["retry-after"]) <= 86_400
        assert last.headers["ratelimit-policy"] == '"day";q=6;w=86400'
        assert last.headers["ratelimit"].startswith('"day";r=0;t=')
        assert last.headers["ratelimit-limit"] == "6" and int(last.headers["ratelimit-reset"]) > 0
        assert one.post("/v1/recommend", headers={"X-API-Key": "pk_1"}, **ask).status_code == 200, (
            "another key"
        )
        assert one.get("/readyz").status_code == one.get("/metrics", headers=headers).status_code == 200
        wrong = one.post("/v1/recommend", headers={"X-API-Key": "pk_1"}, json={"user": 1})
        assert wrong.status_code == 422 and wrong.headers["ratelimit-remaining"] == "4", "errors tell it too"
    forget(redis_url, "chorus:limit:*")


def test_a_rate_refuses_before_the_body_is_read_and_recovers(serve: Serve, redis_url: str) -> None:
    forget(redis_url, "chorus:limit:*")
    with serve(peer_rate_limit=1, redis_timeout_s=10) as service:
        answers = [service.get("/v1/model") for _ in range(20)]
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert code(refused) == (429, "rate_limited") and refused.headers["retry-after"] == "1"
        assert "1 requests a second of this address" in refused.json()["error"]["message"]
        settle(lambda: service.get("/v1/model").status_code == 200)
    forget(redis_url, "chorus:limit:*")


def test_pairs_are_limited(serve: Serve, redis_url: str) -> None:
    forget(redis_url, "chorus:limit:*")
    with serve(pair_limit=3, redis_timeout_s=10) as service:
        many = {"groups": [{"user_id": "u1", "item_ids": [str(number) for number in range(50)]}]}
        large = service.post("/v1/batch-score", json=many)
        assert large.status_code == 200, "more than the limit fits where nothing is used"
        assert large.headers["ratelimit-policy"] == '"pairs";q=3;w=1'
        for path, body in (
            ("/v1/batch-score", {"groups": [{"user_id": "u1", "item_ids": ["1"]}]}),
            ("/v1/rank", {"user_id": "u1", "item_ids": ["1"]}),
        ):
            refused = service.post(path, json=body)
            assert code(refused) == (429, "rate_limited"), path
            assert "3 pairs a second" in refused.json()["error"]["message"]
            assert 1 <= int(refused.headers["retry-after"]) <= 17
        assert service.post("/v1/recommend", json={"user_id": "u1"}).status_code == 200
    forget(redis_url, "chorus:limit:*")


def test_without_limits_no_header_tells_of_any(service: httpx.Client) -> None:
    answer = service.get("/v1/model")
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("ratelimit")]


def test_with_redis_away_limits_count_in_the_process(serve: Serve) -> None:
    with serve(redis_url="redis://127.0.0.1:1", daily_quota=2) as service:
        answers = [service.post("/v1/recommend", json={"user_id": "u1"}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]


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
        (by_admin, "user.erase", describe_user(secret), "ok"),
        (by_admin, "model.reload", "bundle:broken", "bad_bundle"),
        (by_admin, "model.reload", "bundle:nowhere", "unknown_bundle"),
        (by_write, "users.put", "", "ok"),
        (by_write, "user.merge", describe_user("u1"), "ok"),
        (by_write, "items.put", "", "ok"),
        (by_write, "item.delete", "item:audit", "ok"),
    ]
    assert acts[0]["request_id"] == "r-1"
    assert acts[0]["detail"]["receipt"] == asked.json()["receipt"]
    assert acts[3]["detail"] == {"accepted": 1, "rejected": 1}
    assert acts[4]["detail"] == {"source": describe_user(secret)}
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
        assert record.fields["action"] == "user.erase" and record.fields["subject"] == describe_user("u4")
    finally:
        forget(redis_url, "chorus:audit")
