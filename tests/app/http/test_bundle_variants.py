"""Variants that name a bundle, over real HTTP and a real Redis: two bundles in memory, each answer by the right one."""

import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from app.access.api_key import KeyRequest, create_key
from app.access.roles import Role
from app.state.embedded.server import EmbeddedRedis
from tests.app.bundle_copies import copy_bundle
from tests.app.http.access_calls import bearer, code, settle, store_in_file
from tests.app.http.bundle_experiments import (
    SMALL,
    Serving,
    ask,
    find_user,
    folder,
    ids,
    own_redis,
    replica,
)
from tests.app.http.test_impressions import read

__all__ = ["folder", "own_redis", "replica"]


def split(bundle: str = "other", **given: Any) -> dict[str, Any]:
    return {
        "variants": [{"name": "now", "share": 0.5}, {"name": "new", "share": 0.5, "bundle": bundle}],
        "salt": "s",
        **given,
    }


def put(client: httpx.Client, name: str, body: dict[str, Any]) -> httpx.Response:
    return client.put(f"/v1/experiments/{name}", json=body)


def test_each_user_is_answered_by_the_bundle_of_the_variant(
    replica: Serving, own_redis: EmbeddedRedis
) -> None:
    with replica() as client:
        before = ids(ask(client, "u1", limit=100))
        stored = put(client, "e", split())
        assert stored.status_code == 200, stored.text
        assert stored.json()["variants"][1] == {
            "name": "new",
            "share": 0.5,
            "bundle": "other",
            "model_version": "other-1",
        }
        now, new = find_user(client, "e:now"), find_user(client, "e:new")
        assert ask(client, now)["model_version"] == "first-1"
        plain = {"diversity": {"method": "none"}}
        first = ask(client, new, **plain)
        assert (first["model_version"], first["variant"]) == ("other-1", "e:new")
        second = client.post("/v1/recommend", json={"cursor": first["cursor"]}).json()
        assert (second["model_version"], second["variant"]) == ("other-1", "e:new")
        whole = ask(client, new, limit=100, **plain)
        assert ids(whole)[:10] == ids(first) + ids(second) and len(ids(whole)) == SMALL
        asked = {"user_id": new, "item_id": ids(first)[0], "limit": 5, **plain}
        told = client.post("/v1/explain", json=asked).json()
        assert (told["model_version"], told["variant"], told["rank"]) == ("other-1", "e:new", 1)
        named = ask(client, "u1", variant="e:new", limit=100)
        assert named["model_version"] == "other-1" and ids(named) != before[:SMALL]
        body = {"groups": [{"user_id": new, "item_ids": ["1"]}]}
        assert client.post("/v1/batch-score", json=body).json()["model_version"] == "first-1"
        settle(lambda: len([each for each in read(own_redis.url) if each.user_id == new]) >= 4)
        of_new = [each for each in read(own_redis.url) if each.user_id == new]
        assert {(each.model_version, each.variant) for each in of_new} == {("other-1", "e:new")}
        taken = {"user_id": new, "item_id": ids(first)[0], "action": "rate", "value": 5}
        client.post(
            "/v1/events", json={"events": [{**taken, "recommendation_id": first["recommendation_id"]}]}
        )
        settle(lambda: client.get("/v1/experiments/e").json()["arms"][1]["takes"] == 1)


def test_items_that_one_bundle_lacks_break_nothing(replica: Serving) -> None:
    with replica() as client:
        put(client, "e", split())
        new = find_user(client, "e:new")
        lacking = str(SMALL + 5)
        ranked = client.post("/v1/rank", json={"user_id": new, "item_ids": [lacking, "1"]}).json()
        assert ranked["model_version"] == "other-1" and ids(ranked) == ["1", lacking]
        assert ranked["items"][1]["unknown"] is True
        event = {"user_id": new, "item_id": lacking, "action": "rate", "value": 5}
        assert client.post("/v1/events", json={"events": [event]}).json()["accepted"] == 1
        assert ask(client, new, session=[{"item_id": lacking, "action": "listen"}])["variant"] == "e:new"
        told = client.post("/v1/explain", json={"user_id": new, "item_id": lacking})
        assert told.status_code == 200 and told.json()["model_version"] == "other-1"
        # What only the bundle in use knows: it answers, outside the experiment, and says so.
        outside = ask(client, new, plan={"like": [lacking]})
        assert (outside["model_version"], outside["degraded"]) == ("first-1", ["experiment:bundle"])
        assert "variant" not in outside
        body = {"user_id": new, "variant": "e:new", "plan": {"like": [lacking]}}
        assert code(client.post("/v1/recommend", json=body)) == (422, "invalid_plan")
        # An item that is put reaches both bundles, and one that is deleted leaves both.
        client.put("/v1/items/new", json={"attributes": {"genres": ["drama"], "year": 1999}})
        client.delete("/v1/items/1")
        ranked = client.post("/v1/rank", json={"user_id": new, "item_ids": ["1", "new"]}).json()
        assert ids(ranked) == ["new", "1"] and ranked["items"][1]["unknown"] is True
        assert "score" in ranked["items"][0] and ranked["model_version"] == "other-1"


def test_words_that_state_a_weight_are_answered_by_the_bundle_in_use(replica: Serving) -> None:
    with replica() as client:
        body = split()
        body["variants"][1]["diversity"] = {"method": "none"}
        put(client, "e", body)
        new = find_user(client, "e:new")
        stated = ask(client, new, plan={"diversity": {"strength": 0.5}})
        assert stated["model_version"] == "first-1" and "variant" not in stated
        assert ask(client, new, diversity={"method": "none"})["model_version"] == "first-1"
        assert ask(client, new)["model_version"] == "other-1"


def test_every_replica_loads_it_and_drops_it_with_the_experiment(replica: Serving) -> None:
    with replica() as one, replica() as two:
        assert "variant" not in ask(two, "u1")
        put(one, "e", split())
        new = find_user(one, "e:new")
        settle(lambda: ask(two, new).get("variant") == "e:new")
        assert ask(two, new)["model_version"] == "other-1"
        assert two.get("/v1/experiments/e").json()["problem"] is None
        one.delete("/v1/experiments/e")
        settle(lambda: "variant" not in ask(two, new))
        settle(lambda: count_extra(one) == 0 and count_extra(two) == 0)


def count_extra(client: httpx.Client) -> int:
    line = next(
        line for line in client.get("/metrics").text.splitlines() if line.startswith("chorus_extra_bundles ")
    )
    return int(float(line.split()[1]))


def test_a_replica_that_starts_later_loads_it(replica: Serving) -> None:
    with replica() as one:
        put(one, "e", split())
        new = find_user(one, "e:new")
        with replica() as late:
            settle(lambda: ask(late, new).get("model_version") == "other-1")


def test_no_more_bundles_than_there_is_room_for(replica: Serving, folder: Path) -> None:
    with replica() as client:
        assert put(client, "e", split(scene="home")).status_code == 200
        refused = put(client, "f", split("third", stop=10))
        assert code(refused) == (422, "too_many_bundles")
        assert refused.json()["error"]["field"] == "variants.1.bundle"
        assert "CHORUS_EXTRA_BUNDLES" in refused.json()["error"]["message"]
        in_use = split("first")
        assert put(client, "e", {**in_use, "scene": "home"}).status_code == 200, "that one is in memory"
        assert put(client, "e", split("third", scene="home")).status_code == 200, "in place of the other"
        settle(lambda: count_extra(client) == 1)
    with replica(extra_bundles=0) as client:
        assert client.get("/v1/experiments/e").json()["problem"] is not None
        assert code(put(client, "g", split())) == (422, "too_many_bundles")


@pytest.mark.parametrize(
    ("bundle", "expected"),
    [
        ("none", "unknown_bundle"),
        ("..", "invalid_request"),
        ("../first", "invalid_request"),
        ("/etc", "invalid_request"),
        (".hidden", "invalid_request"),
        ("broken", "bad_bundle"),
    ],
)
def test_a_bundle_is_one_of_the_folder(replica: Serving, folder: Path, bundle: str, expected: str) -> None:
    shutil.copytree(folder / "other", folder / ".hidden")
    with replica() as client:
        refused = put(client, "e", split(bundle))
        assert code(refused) == (422, expected)
        assert refused.json()["error"]["field"] == "variants.1.bundle"
        assert client.get("/v1/experiments").json() == {"experiments": []}


def test_the_version_of_a_bundle_is_kept(replica: Serving, folder: Path, own_redis: EmbeddedRedis) -> None:
    with replica() as client:
        body = split()
        body["variants"][1]["model_version"] = "other-2"
        refused = put(client, "e", body)
        assert code(refused) == (422, "bad_bundle")
        assert refused.json()["error"]["field"] == "variants.1.model_version"
        assert code(
            put(client, "e", {"variants": [{"name": "a", "share": 0.5, "model_version": "x"}] * 2})
        ) == (422, "invalid_request")
        put(client, "e", split())
        new = find_user(client, "e:new")
        shutil.rmtree(folder / "other")
        copy_bundle(folder / "third", "other")  # another bundle under its name
        with replica() as late:
            settle(
                lambda: "expected version other-1" in (late.get("/v1/experiments/e").json()["problem"] or "")
            )
            assert "variant" not in ask(late, new), "no part of the experiment has an effect"
        assert ask(client, new)["model_version"] == "other-1"
    with redis.Redis.from_url(own_redis.url) as stored:
        assert b"other-1" in (stored.hget("chorus:{experiments}", "e") or b"")


def test_a_reload_to_the_bundle_of_a_variant_needs_no_second_copy(replica: Serving) -> None:
    with replica() as client:
        put(client, "e", split())
        new = find_user(client, "e:new")
        assert client.post("/v1/model/reload", json={"bundle": "other"}).status_code == 200
        settle(lambda: count_extra(client) == 0)
        assert (ask(client, new)["model_version"], ask(client, new)["variant"]) == ("other-1", "e:new")


def test_a_tenants_experiment_names_no_bundle(replica: Serving, tmp_path: Path) -> None:
    token, key = create_key(KeyRequest((Role.ADMIN,), name="shop", tenant="shop"), 1e9)
    store_in_file(tmp_path / "keys.json", key)
    with replica(keys_file=tmp_path / "keys.json") as client:
        refused = client.put("/v1/experiments/e", json=split(), headers=bearer(token))
        assert code(refused) == (403, "forbidden")
        assert refused.json()["error"]["field"] == "variants.1.bundle"
