"""Tenants over real HTTP and a real Redis: the same ids under two tenants and without one never meet."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from app.access.api_key import ApiKey, KeyRequest, create_key
from app.access.audit import describe_user
from app.access.roles import RULES, Role
from tests.app.http.access_calls import bearer, code, forget, read_audit, settle, store_in_file
from tests.app.http.test_access import BODIES

TENANTS = ("", "shop", "shop.2")
"""The default tenant, and two others, of whom one's name begins with the other's."""
NOW = time.time()
KEYS = {tenant: create_key(KeyRequest((Role.ADMIN,), tenant=tenant), NOW) for tenant in TENANTS}

Serve = Callable[..., AbstractContextManager[httpx.Client]]


@dataclass(frozen=True)
class Client:
    """A client with the key of a tenant."""

    http: httpx.Client
    tenant: str

    def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        headers = bearer(KEYS[self.tenant][0])
        response = self.http.request(
            method, path, headers=headers, **({} if body is None else {"json": body})
        )
        assert response.status_code == status, response.text
        return response.json()

    def recommended(self, **body: object) -> list[str]:
        return [
            item["item_id"] for item in self.ask("POST", "/v1/recommend", {"limit": 100, **body})["items"]
        ]

    def items_shown(self, user_id: str) -> list[str]:
        return [event["item_id"] for event in self.ask("GET", f"/v1/users/{user_id}")["events"]]

    def send(self, user_id: str, *item_ids: str, **more: object) -> Any:
        events = [{"user_id": user_id, "item_id": item_id, "action": "view", **more} for item_id in item_ids]
        return self.ask("POST", "/v1/events", {"events": events})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return keys_at(tmp_path / "keys.json", *(key for _token, key in KEYS.values()))


def keys_at(path: Path, *keys: ApiKey) -> Path:
    store_in_file(path, *keys)
    return path


@pytest.fixture
def http(serve: Serve, path: Path, redis_url: str) -> Iterator[httpx.Client]:
    """A service with a key of each tenant and an empty Redis."""
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    with serve(keys_file=path) as service:
        yield service


@pytest.fixture
def clients(http: httpx.Client) -> tuple[Client, Client, Client]:
    default, shop, other = (Client(http, tenant) for tenant in TENANTS)
    return default, shop, other


def test_events_and_profiles_of_the_same_user_are_apart(clients: tuple[Client, ...], redis_url: str) -> None:
    for number, client in enumerate(clients):
        sent = client.send("v", str(number), event_id="e")
        assert (sent["accepted"], sent["duplicates"]) == (1, 0) and "conflicts" not in sent
        client.ask("PUT", "/v1/users/v", {"interests": f"of {number}"})
    for number, client in enumerate(clients):
        shown = client.ask("GET", "/v1/users/v")
        assert [event["item_id"] for event in shown["events"]] == [str(number)]
        assert shown["profile"]["interests"] == f"of {number}"
        others = {str(other) for other in range(3)} - {str(number)}
        listed = set(client.recommended(user_id="v"))
        assert others <= listed and str(number) not in listed, (
            "what was seen is left out for its tenant alone"
        )
        again = client.send("v", "59", event_id="e")
        assert (again["accepted"], again["conflicts"]) == (0, [0])
    with redis.Redis.from_url(redis_url) as stored:
        for number, stem in enumerate(("chorus", "chorus:tenant:shop", "chorus:tenant:shop.2")):
            entries: Any = stored.xrange(f"{stem}:stream")
            assert [fields[b"item_id"] for _id, fields in entries] == [str(number).encode()]


def test_a_merge_and_an_erasure_leave_the_same_users_of_others(clients: tuple[Client, ...]) -> None:
    default, shop, other = clients
    for client in clients:
        client.send("visitor", "1")
        client.send("v", "2")
    assert shop.ask("POST", "/v1/users/v/merge", {"from": "visitor"})["moved"]["events"] == 1
    assert other.ask("DELETE", "/v1/users/v")["deleted"]["events"] == 1
    assert sorted(shop.items_shown("v")) == ["1", "2"] and default.items_shown("v") == ["2"]
    assert other.ask("GET", "/v1/users/v", status=404)["error"]["code"] == "not_found"
    for client in (default, other):
        assert client.items_shown("visitor") == ["1"]
    old = other.send("v", "3", timestamp=NOW - 60)
    assert [row["error"]["code"] for row in old["rejected"]] == ["erased"]
    assert default.send("v", "3", timestamp=NOW - 60)["accepted"] == 1


def test_items_of_the_same_ids_are_apart(clients: tuple[Client, ...]) -> None:
    default, shop, other = clients
    for client, genre in ((default, "comedy"), (shop, "drama"), (other, "horror")):
        body = {"attributes": {"title": f"Of {client.tenant}", "genres": [genre], "year": 2020}}
        client.ask("PUT", "/v1/items/same", body)
        client.ask("PATCH", "/v1/items/7", {"attributes": {"title": f"Seven of {client.tenant}"}})
    shop.ask("DELETE", "/v1/items/9")
    shop.ask("POST", "/v1/items", {"items": [{"item_id": "many", "attributes": {"genres": ["drama"]}}]})
    for client, genre in ((default, "comedy"), (shop, "drama"), (other, "horror")):
        assert client.ask("GET", "/v1/items/same")["attributes"]["genres"] == [genre]
        assert client.ask("GET", "/v1/items/7")["attributes"]["title"] == f"Seven of {client.tenant}"
        is_shop = client is shop
        client.ask("GET", "/v1/items/9", status=404 if is_shop else 200)
        client.ask("GET", "/v1/items/many", status=200 if is_shop else 404)
        changes = {row["item_id"]: row["change"] for row in client.ask("GET", "/v1/items")["items"]}
        own = {"9": "deletion", "many": "put"} if is_shop else {}
        assert changes == {"same": "put", "7": "patch", **own}
        assert client.ask("GET", "/v1/model")["items"] == 61, "one put; of the shop two put and one deleted"
        listed = client.recommended(session=[])
        assert {"same", "7"} <= set(listed)
        assert ("9" in listed, "many" in listed) == (not is_shop, is_shop)
        of_2020 = {"field": "year", "op": "eq", "value": 2020}
        is_genre = {"field": "genres", "op": "has_any", "value": [genre]}
        filtered = client.recommended(session=[], filter={"all": [of_2020, is_genre]})
        assert filtered == ["same"]
        similar = client.ask("GET", "/v1/items/same/similar?limit=100")["items"]
        assert ("9" in {item["item_id"] for item in similar}) is not is_shop
        among = client.ask("POST", "/v1/items/similar", {"item_ids": ["same", "many"]})
        assert among["unknown"] == ([] if is_shop else ["many"])
        ranked = client.ask("POST", "/v1/rank", {"user_id": "v", "item_ids": ["9", "many"]})["items"]
        group = {"user_id": "v", "item_ids": ["9", "many"]}
        scored = client.ask("POST", "/v1/batch-score", {"groups": [group]})["groups"][0]["scores"]
        for rows in (ranked, scored):
            unknown = [row["item_id"] for row in rows if row.get("unknown")]
            assert unknown == (["9"] if is_shop else ["many"])


def test_a_cursor_counts_for_its_tenant_alone(clients: tuple[Client, ...]) -> None:
    cursors = {}
    for client in clients:
        page = client.ask("POST", "/v1/recommend", {"session": [], "limit": 5})
        cursors[client.tenant] = (page["cursor"], {item["item_id"] for item in page["items"]})
    for client in clients:
        for tenant, (cursor, shown) in cursors.items():
            if tenant == client.tenant:
                page = client.ask("POST", "/v1/recommend", {"cursor": cursor})
                assert len(page["items"]) == 5 and shown.isdisjoint(item["item_id"] for item in page["items"])
            else:
                refused = client.ask("POST", "/v1/recommend", {"cursor": cursor}, status=422)
                assert refused["error"]["code"] == "invalid_cursor"


def test_the_users_of_the_training_data_are_those_of_the_default_tenant(clients: tuple[Client, ...]) -> None:
    default, shop, _other = clients
    assert len(default.items_shown("u1")) == 10
    shop.ask("GET", "/v1/users/u1", status=404)
    seen = set(default.items_shown("u1"))
    assert seen.isdisjoint(default.recommended(user_id="u1")) and seen <= set(shop.recommended(user_id="u1"))
    answer = shop.ask("POST", "/v1/recommend", {"user_id": "u1", "explain": True, "limit": 20})
    nobody = shop.ask("POST", "/v1/recommend", {"user_id": "never-seen", "explain": True, "limit": 20})
    for told, expected in zip(answer["items"], nobody["items"], strict=True):
        assert (told["item_id"], told["score"]) == (expected["item_id"], expected["score"])
        assert told["reasons"] == expected["reasons"]
    assert "bundle" not in shop.ask("DELETE", "/v1/users/u1")["remains"]
    assert len(default.items_shown("u1")) == 10


def test_a_tenants_admin_acts_on_its_tenant_and_not_on_the_service(clients: tuple[Client, ...]) -> None:
    default, shop, _other = clients
    for method, path, body in (
        ("POST", "/v1/model/reload", {"bundle": "second"}),
        ("GET", "/metrics", None),
    ):
        refused = shop.ask(method, path, body, status=403)
        assert refused["error"]["code"] == "forbidden"
        assert "expected a key without a tenant" in refused["error"]["message"]
    assert shop.ask("GET", "/v1/model")["model_version"] == "first"
    assert default.http.get("/metrics", headers=bearer(KEYS[""][0])).status_code == 200
    assert default.http.get("/docs", headers=bearer(KEYS["shop"][0])).status_code == 200


def test_the_audit_names_the_tenant(clients: tuple[Client, ...], redis_url: str) -> None:
    forget(redis_url, "chorus:audit")
    for client in clients:
        client.ask("DELETE", "/v1/users/v")
    acts = read_audit(redis_url)
    assert [(act["tenant"], act["who"]) for act in acts] == [
        (tenant, f"key:{KEYS[tenant][1].key_id}") for tenant in TENANTS
    ]
    assert {act["subject"] for act in acts} == {describe_user("v", None)}


def test_a_restart_and_a_reload_keep_each_tenants_items_and_users(
    serve: Serve, path: Path, clients: tuple[Client, ...]
) -> None:
    def describe(client: Client) -> dict[str, Any]:
        shown = client.ask("GET", "/v1/items/same")
        return {
            "title": shown["attributes"]["title"],
            "listed": set(client.recommended(user_id="v")),
            "seen": client.items_shown("v"),
            "items": client.ask("GET", "/v1/model")["items"],
        }

    for number, client in enumerate(clients):
        client.ask("PUT", "/v1/items/same", {"attributes": {"title": f"Of {number}"}})
        client.ask("DELETE", f"/v1/items/{20 + number}")
        client.send("v", str(number))
    before = [describe(client) for client in clients]
    assert [each["title"] for each in before] == ["Of 0", "Of 1", "Of 2"]
    for number, each in enumerate(before):
        assert {"20", "21", "22"} - each["listed"] == {str(20 + number)}
    clients[0].ask("POST", "/v1/model/reload", {"bundle": "second"})
    for client, expected in zip(clients, before, strict=True):
        assert client.ask("GET", "/v1/model")["model_version"] == "second"
        assert describe(client) == expected
    with serve(keys_file=path) as started:
        assert [describe(Client(started, tenant)) for tenant in reversed(TENANTS)] == before[::-1]


def test_the_acts_of_a_tenant_on_every_route_leave_no_trace_elsewhere(
    clients: tuple[Client, ...], redis_url: str
) -> None:
    """The whole table of roles is walked with the key of one tenant; the others' answers and keys stay the same."""
    default, shop, other = clients

    def snapshot() -> tuple[Any, ...]:
        with redis.Redis.from_url(redis_url) as stored:
            keys = {key for key in stored.scan_iter("chorus*") if not key.startswith(b"chorus:tenant:shop:")}
            # the questions of this function add some of these
            keys = {key for key in keys if b"{impressions}" not in key and b"{outcomes}" not in key}
            values = {key: stored.dump(key) for key in keys - {b"chorus:audit"}}
        told = []
        for client in (default, other):
            told.append(client.ask("GET", "/v1/items"))
            told.append(client.recommended(user_id="v"))
            told.append(client.items_shown("v"))
            told.append(client.ask("GET", "/v1/items/new/similar")["items"])
        return values, told

    for client in clients:
        client.send("v", "1")
        client.ask("PUT", "/v1/items/new", {"attributes": {"title": "Old"}})
    before, answered = snapshot(), set()
    for (method, template), rule in RULES.items():
        path = template.replace("{item_id}", "new").replace("{user_id}", "v").replace("{name}", "e")
        token = KEYS["shop"][0]
        answer = shop.http.request(method, path, headers=bearer(token), **BODIES.get((method, template), {}))
        allowed = (403,) if rule.is_installation else (200, 404)
        assert answer.status_code in allowed, (method, template, answer.text)
        assert snapshot() == before, (method, template)
        if "recommendation_id" in answer.text and template in ("/v1/recommend", "/v1/rank"):
            answered.add(answer.json()["recommendation_id"].encode())

    def shown(stem: str) -> set[bytes]:
        with redis.Redis.from_url(redis_url) as stored:
            return set(stored.zrange(f"{stem}:{{impressions}}:ids", 0, -1))

    settle(lambda: answered <= shown("chorus:tenant:shop"))
    assert len(answered) == 2 and shown("chorus") and shown("chorus:tenant:shop.2")
    assert not answered & (shown("chorus") | shown("chorus:tenant:shop.2"))


def test_a_key_with_a_tenant_counts_without_a_restart_and_a_strange_tenant_does_not(
    http: httpx.Client, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    token, key = create_key(KeyRequest((Role.ADMIN,), tenant="late"), NOW)
    store_in_file(path, key)
    settle(lambda: http.get("/v1/model", headers=bearer(token)).status_code == 200)
    http.put("/v1/items/late", json={"attributes": {"title": "Late"}}, headers=bearer(token))
    assert http.get("/v1/items/late", headers=bearer(token)).status_code == 200
    assert code(http.get("/v1/items/late", headers=bearer(KEYS[""][0]))) == (404, "not_found")
    content = path.read_text()
    path.write_text(content.replace('"late"', '"shop:{items}"'))
    settle(lambda: any("keys cannot be read" in record.message for record in caplog.records))
    assert http.get("/v1/items/late", headers=bearer(token)).status_code == 200, "the last known keys count"
