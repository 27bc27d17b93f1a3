"""Keys with roles and the cap of wrong keys, over real HTTP and a real Redis."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.access.api_key import KeyRequest, create_key, revoke_key
from app.access.roles import RULES, Role
from tests.app.http.access_calls import (
    TOKENS,
    Serve,
    bearer,
    code,
    forget,
    read_audit,
    settle,
    store_in_file,
    store_in_redis,
)

BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/v1/recommend"): {"json": {"user_id": "u1"}},
    ("POST", "/v1/rank"): {"json": {"user_id": "u1", "item_ids": ["1"]}},
    ("POST", "/v1/explain"): {"json": {"user_id": "u1", "item_id": "1"}},
    ("POST", "/v1/batch-score"): {"json": {"groups": [{"user_id": "u1", "item_ids": ["1"]}]}},
    ("POST", "/v1/events"): {"json": {"events": [{"user_id": "v", "item_id": "1", "action": "view"}]}},
    ("POST", "/v1/items/similar"): {"json": {"item_ids": ["1"]}},
    ("POST", "/v1/items"): {"json": {"items": [{"item_id": "new", "attributes": {"title": "New"}}]}},
    ("PUT", "/v1/items/{item_id}"): {"json": {"attributes": {"title": "New"}}},
    ("PATCH", "/v1/items/{item_id}"): {"json": {"attributes": {"title": "Newer"}}},
    ("POST", "/v1/users"): {"json": {"users": [{"user_id": "v"}]}},
    ("PUT", "/v1/users/{user_id}"): {"json": {"interests": "jazz"}},
    ("POST", "/v1/users/{user_id}/merge"): {"json": {"from": "w"}},
    ("PUT", "/v1/experiments/{name}"): {
        "json": {"variants": [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5}]}
    },
    ("POST", "/v1/model/reload"): {"json": {"bundle": "first"}},
}


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_use_its_routes_and_no_other(keyed: httpx.Client, role: Role) -> None:
    token, key = TOKENS[role]
    for (method, template), rule in RULES.items():
        path = (
            template.replace("{item_id}", f"i-{role}")
            .replace("{user_id}", f"u-{role}")
            .replace("{name}", "e")
        )
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
