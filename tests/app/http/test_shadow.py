"""Shadows over real HTTP and a real Redis: answers stay as they are, and an unseen list is compared with each."""

import re
from pathlib import Path
from typing import Any

import httpx

from app.experiments.assignment import assign_variant
from app.state.embedded.server import EmbeddedRedis
from app.state.protocol import Experiment, Variant
from tests.app.http.access_calls import TOKENS, bearer, code, settle, store_in_file
from tests.app.http.bundle_experiments import Serving, ask, folder, ids, own_redis, replica
from tests.app.http.test_impressions import read

__all__ = ["folder", "own_redis", "replica"]


def shadow(share: float = 1 - 1e-6, **given: Any) -> dict[str, Any]:
    first = {"name": "sent", "share": 1e-6}
    variant = {"name": "next", "share": share, **given}
    return {"mode": "shadow", "variants": [first, variant], "salt": "s"}


def put(client: httpx.Client, name: str, body: dict[str, Any]) -> httpx.Response:
    return client.put(f"/v1/experiments/{name}", json=body)


def told(client: httpx.Client, name: str = "e") -> dict[str, Any]:
    shown: dict[str, Any] = client.get(f"/v1/experiments/{name}").json()["shadow"][0]
    return shown


def count(client: httpx.Client, metric: str) -> float:
    found = re.search(rf"^{re.escape(metric)} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_an_unseen_list_of_another_bundle_is_compared(replica: Serving, own_redis: EmbeddedRedis) -> None:
    with replica() as client:
        before = ask(client, "u1", limit=10)
        stored = put(client, "e", shadow(bundle="other"))
        assert stored.status_code == 200, stored.text
        assert stored.json()["mode"] == "shadow"
        sent = ask(client, "u1", limit=10)
        assert (ids(sent), sent["model_version"]) == (ids(before), "first-1") and "variant" not in sent
        settle(lambda: told(client)["answers"] == 1)
        shown = told(client)
        unseen = set(ids(ask(client, "u1", limit=10, variant="e:next")))
        assert shown["overlap"] == len(unseen & set(ids(sent))) / 10
        assert -1 <= shown["rank_correlation"] < 1 and shown["score_drift"] != 0
        assert shown["sent_ms"] > 0 and shown["unseen_ms"] > 0
        assert count(client, 'chorus_shadow_lists_total{outcome="compared"}') == 1
        assert count(client, "chorus_shadow_overlap_count") == 1
        assert count(client, "chorus_shadow_rank_correlation_count") == 1
        assert count(client, "chorus_shadow_score_drift_count") == 1
        assert count(client, 'chorus_shadow_seconds_count{list="unseen"}') == 1
        settle(lambda: len(read(own_redis.url)) == 3)
        assert {(each.model_version, each.variant) for each in read(own_redis.url)} == {
            ("first-1", None),
            ("other-1", None),  # the variant that was named
        }
        arms = client.get("/v1/experiments/e").json()["arms"]
        assert [arm["impressions"] for arm in arms] == [0, 0]


def test_the_same_answer_is_no_drift(replica: Serving) -> None:
    """The bundle in use as its own shadow."""
    with replica() as client:
        put(client, "e", shadow(bundle="first"))
        client.post("/v1/recommend", json={"user_id": "u1", "limit": 10, "explain": True})
        client.post("/v1/rank", json={"user_id": "u1", "item_ids": ["3", "1", "nowhere"]})
        settle(lambda: told(client)["answers"] == 2)
        assert (told(client)["overlap"], told(client)["score_drift"]) == (1.0, 0.0)
        put(client, "e", shadow(weights={"like": 1.0}))
        assert told(client)["answers"] == 0, "another definition begins anew"
        ask(client, "u1")
        settle(lambda: told(client)["answers"] == 1)


def test_shares_scenes_and_strangers(replica: Serving) -> None:
    """Lists for the users of the share on the scene, and for nobody else."""
    split = Experiment("e", "s", (Variant("sent", 1e-6), Variant("next", 0.5)))
    users = [f"v{number}" for number in range(40)]
    shared = [user for user in users if getattr(assign_variant(split, user), "name", "") == "next"]
    assert 10 < len(shared) < 30
    with replica() as client:
        put(client, "e", {**shadow(0.5, bundle="other"), "scene": "home"})
        session = {"session": [{"item_id": "3", "action": "listen"}], "scene": "home"}
        assert client.post("/v1/recommend", json=session).status_code == 200
        for user in users:
            ask(client, user, scene="home")
            ask(client, user)
        fates = ("compared", "overloaded", "no_room", "failed", "store_failed")

        def total() -> float:
            return sum(count(client, f'chorus_shadow_lists_total{{outcome="{fate}"}}') for fate in fates)

        settle(lambda: total() == len(shared))
        put(client, "e", {**shadow(0.5, bundle="other"), "scene": "home", "stop": 10})
        for user in shared:
            ask(client, user, scene="home")
        assert total() == len(shared)


def test_it_is_beside_an_experiment_that_splits(replica: Serving) -> None:
    with replica() as client:
        assert put(client, "e", shadow(bundle="other")).status_code == 200
        split = {"variants": [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5, "bundle": "other"}]}
        assert put(client, "f", split).status_code == 200
        assert code(put(client, "g", shadow(bundle="other"))) == (409, "experiment_conflict")
        assert ask(client, "u1")["variant"] in ("f:a", "f:b")
        settle(lambda: told(client)["answers"] == 1)
        assert client.get("/v1/experiments/f").json()["shadow"] is None


def test_what_it_cannot_be(replica: Serving) -> None:
    with replica() as client:
        body = shadow(bundle="other")
        body["variants"][0]["weights"] = {"like": 1.0}
        refused = put(client, "e", body)
        assert code(refused) == (422, "invalid_request")
        assert refused.json()["error"]["field"] == "variants.0"
        refused = put(client, "e", {**shadow(bundle="other"), "mode": "unseen"})
        assert refused.json()["error"]["field"] == "mode"


def test_the_numbers_of_replicas_add_up(replica: Serving) -> None:
    with replica() as one, replica() as two:
        put(one, "e", shadow(bundle="other"))
        settle(lambda: two.get("/v1/experiments/e").json()["problem"] is None)
        ask(one, "u1")
        settle(lambda: bool(ask(two, "u2")) and told(two)["answers"] >= 2)
        assert count(two, "chorus_shadow_overlap_count") >= 1
        assert told(one)["answers"] >= 2


def test_the_roles(replica: Serving, tmp_path: Path) -> None:
    store_in_file(tmp_path / "keys.json", *(key for _token, key in TOKENS.values()))
    with replica(keys_file=tmp_path / "keys.json") as client:
        for role, (token, _key) in TOKENS.items():
            stored = client.put("/v1/experiments/e", json=shadow(bundle="other"), headers=bearer(token))
            assert stored.status_code == (200 if role == "admin" else 403)
