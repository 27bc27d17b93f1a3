"""Experiments over real HTTP and a real Redis: stored, assigned, counted, refused where they meet."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import redis

from app.access.roles import Role
from tests.app.http.access_calls import TOKENS, Serve, bearer, code, forget, read_audit, settle
from tests.app.http.test_impressions import read

SPLIT: dict[str, Any] = {
    "variants": [
        {"name": "control", "share": 0.5},
        {"name": "likes", "share": 0.5, "weights": {"like": 1.0}, "diversity": {"method": "none"}},
    ],
    "salt": "s",
}
ALL = {"variants": [{"name": "a", "share": 0.9, "scene": "home"}, {"name": "b", "share": 0.1}]}
OF_LIKES, OF_CONTROL = "x2", "x0"
"""Users of either variant with the salt s; `test_users_are_split` holds it."""


@pytest.fixture(autouse=True)
def clean(service: httpx.Client) -> Iterator[None]:
    yield
    for stored in service.get("/v1/experiments").json()["experiments"]:
        service.delete(f"/v1/experiments/{stored['name']}")


def put(service: httpx.Client, name: str, body: dict[str, Any], **given: Any) -> httpx.Response:
    return service.put(f"/v1/experiments/{name}", json={**body, **given})


def ask(service: httpx.Client, user_id: str | None, **given: Any) -> dict[str, Any]:
    body = {"user_id": user_id} if user_id else {"session": [{"item_id": "3", "action": "listen"}]}
    answer = service.post("/v1/recommend", json={"limit": 5, **body, **given})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["item_id"] for item in answer["items"]]


def test_an_experiment_is_shown_as_it_was_put(service: httpx.Client) -> None:
    stored = put(service, "e.1", SPLIT, stop="2030-01-01T00:00:00Z")
    assert stored.status_code == 200, stored.text
    told = stored.json()
    assert told["variants"] == SPLIT["variants"] and told["status"] == "running" and told["problem"] is None
    assert (told["salt"], told["scene"], told["start"], told["stop"]) == ("s", None, None, 1893456000.0)
    shown = service.get("/v1/experiments/e.1").json()
    assert {name: shown[name] for name in told} == told
    assert [arm["variant"] for arm in shown["arms"]] == ["control", "likes"]
    assert service.get("/v1/experiments").json() == {"experiments": [told]}
    assert service.delete("/v1/experiments/e.1").json() == {"name": "e.1", "deleted": True}
    assert service.get("/v1/experiments").json() == {"experiments": []}


def test_users_are_split_and_answered_by_their_variant(service: httpx.Client) -> None:
    plain = ask(service, OF_LIKES)
    weighed = ask(service, OF_LIKES, weights={"like": 1.0}, diversity={"method": "none"})
    assert "variant" not in plain and ids(plain) != ids(weighed)
    put(service, "e", SPLIT)
    first = ask(service, OF_LIKES)
    assert first["variant"] == "e:likes" and ids(first) == ids(weighed)
    assert ask(service, OF_CONTROL)["variant"] == "e:control"
    assert all(ask(service, OF_LIKES)["variant"] == "e:likes" for _ in range(3))
    assert "variant" not in ask(service, None), "nobody can be told apart"
    ranked = service.post("/v1/rank", json={"user_id": OF_LIKES, "item_ids": ["3", "1"]}).json()
    assert ranked["variant"] == "e:likes"
    put(service, "e", SPLIT, stop=10)
    assert "variant" not in ask(service, OF_LIKES)


def test_a_page_is_of_the_variant_of_its_list(service: httpx.Client) -> None:
    put(service, "e", SPLIT)
    first = ask(service, OF_LIKES)
    second = service.post("/v1/recommend", json={"cursor": first["cursor"]}).json()
    assert second["variant"] == "e:likes" and not set(ids(first)) & set(ids(second))
    whole = ask(service, OF_LIKES, limit=10)
    assert ids(whole) == [*ids(first), *ids(second)]


def test_an_explanation_is_of_the_users_variant(service: httpx.Client) -> None:
    explored = {**SPLIT["variants"][1], "exploration": {"policy": "epsilon", "strength": 1}}
    put(service, "e", {"variants": [SPLIT["variants"][0], explored], "salt": "s"})
    best = ask(service, OF_LIKES, weights={"like": 1.0}, diversity={"method": "none"})["items"][0]
    body = {"user_id": OF_LIKES, "item_id": best["item_id"], "limit": 5}
    told = service.post("/v1/explain", json=body).json()
    assert (told["variant"], told["rank"]) == ("e:likes", 1), "exploration cannot be drawn again"
    assert told["score"] == pytest.approx(best["score"])


@pytest.mark.parametrize(
    "given",
    [
        {"weights": {"like": 1.0}},
        {"diversity": {"max_per_category": 4}},
        {"plan": {"diversity": {"strength": 0.5}}},
    ],
)
def test_what_a_request_states_counts_and_leaves_it_out_of_either_variant(
    service: httpx.Client, given: dict[str, Any]
) -> None:
    before = [ids(ask(service, user, **given)) for user in (OF_LIKES, OF_CONTROL)]
    put(service, "e", SPLIT)
    answers = [ask(service, user, **given) for user in (OF_LIKES, OF_CONTROL)]
    assert [ids(answer) for answer in answers] == before
    assert all("variant" not in answer for answer in answers)
    assert (
        ask(service, OF_LIKES, filter={"field": "year", "op": "gte", "value": 1970})["variant"] == "e:likes"
    )


def test_an_experiment_is_on_its_scene_alone(service: httpx.Client) -> None:
    put(service, "e", SPLIT, scene="home")
    assert ask(service, OF_LIKES, scene="home")["variant"] == "e:likes"
    assert "variant" not in ask(service, OF_LIKES)


def test_a_variant_may_answer_as_a_scene(service: httpx.Client) -> None:
    expected = ids(ask(service, OF_LIKES, scene="home"))
    put(service, "e", ALL, salt="s")
    answer = ask(service, OF_LIKES)
    assert answer["variant"] == "e:a" and ids(answer) == expected


def test_a_request_may_name_its_variant(service: httpx.Client) -> None:
    put(service, "e", SPLIT, start=4e9)
    weighed = ids(ask(service, OF_CONTROL, weights={"like": 1.0}, diversity={"method": "none"}))
    named = ask(service, OF_CONTROL, variant="e:likes")
    assert (named["variant"], ids(named), named["ignored"]) == ("e:likes", weighed, [])
    assert ask(service, None, variant="e:likes")["variant"] == "e:likes"
    stated = ask(service, OF_CONTROL, variant="e:likes", weights={"next": 1.0})
    assert stated["ignored"] == ["variant.weights"]
    assert ids(stated) == ids(ask(service, OF_CONTROL, weights={"next": 1.0}, diversity={"method": "none"}))
    for unknown in ("e:none", "none:likes", "e", ":", "e:likes:x"):
        refused = service.post("/v1/recommend", json={"user_id": "u", "variant": unknown})
        assert code(refused) == (422, "unknown_variant") and refused.json()["error"]["field"] == "variant"


def test_answers_and_takes_are_counted(service: httpx.Client, redis_url: str) -> None:
    put(service, "e", SPLIT)
    answer = ask(service, OF_LIKES)
    ask(service, OF_LIKES, limit=1)
    ask(service, OF_CONTROL, variant="e:likes")
    taken = {"user_id": OF_LIKES, "recommendation_id": answer["recommendation_id"], "action": "rate"}
    events = [
        {**taken, "item_id": ids(answer)[0], "value": 4},
        {**taken, "item_id": ids(answer)[0], "value": 5},  # the same item again
        {**taken, "item_id": ids(answer)[1], "value": 1, "action": "dislike"},
        {**taken, "item_id": ids(answer)[2], "value": 2, "recommendation_id": "never"},
    ]
    settle(lambda: arms(service)["likes"]["impressions"] == 2)
    assert service.post("/v1/events", json={"events": events}).json()["accepted"] == 4
    settle(lambda: arms(service)["likes"]["takes"] == 1)
    likes, control = arms(service)["likes"], arms(service)["control"]
    assert (likes["users"], likes["impressions"], control["users"]) == (1, 2, 0)
    assert likes["rate"] == {"value": 0.5, "interval": None}, "one user tells no interval"
    assert likes["value"]["value"] == 2.0
    variants = [shown.variant for shown in read(redis_url) if shown.user_id in (OF_LIKES, OF_CONTROL)]
    assert variants[-3:] == ["e:likes", "e:likes", None], "a named variant does not count"


def arms(service: httpx.Client) -> dict[str, Any]:
    told = service.get("/v1/experiments/e").json()
    return {arm["variant"]: arm for arm in told["arms"]}


def test_the_second_experiment_of_a_request_is_refused(service: httpx.Client) -> None:
    put(service, "one", SPLIT, scene="home")
    refused = put(service, "two", SPLIT)
    assert code(refused) == (409, "experiment_conflict")
    assert refused.json()["error"]["field"] == "scene" and "'one'" in refused.json()["error"]["message"]
    put(service, "one", SPLIT, scene="home", stop=10)
    assert put(service, "two", SPLIT).status_code == 200
    assert code(put(service, "one", SPLIT, scene="home")) == (409, "experiment_conflict")


def test_a_salt_is_drawn_once(service: httpx.Client) -> None:
    first = put(service, "e", ALL).json()
    later = put(service, "e", ALL, stop=4e9).json()
    assert len(first["salt"]) == 32 and (later["salt"], later["changed_at"]) == (
        first["salt"],
        first["changed_at"],
    )
    assert put(service, "e", ALL, salt="new").json()["changed_at"] > first["changed_at"]


def two(**second: Any) -> dict[str, Any]:
    """Variants of which the second one has these parts beside its name and share."""
    return {"variants": [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5, **second}]}


UNUSED = {"policy": "none", "strength": 0.5}
SEEDED = {"policy": "epsilon", "seed": 1}


@pytest.mark.parametrize(
    ("given", "status", "field"),
    [
        ({"variants": SPLIT["variants"][:1]}, "invalid_request", "variants"),
        (two(name="a"), "invalid_request", "variants"),
        (two(share=0.6), "invalid_request", "variants"),
        (two(share=0), "invalid_request", "variants.1.share"),
        (two(name="B"), "invalid_request", "variants.1.name"),
        (two(weight={}), "invalid_request", "variants.1.weight"),
        (two(weights={"no": 1}), "unknown_head", "variants.1.weights.no"),
        (two(weights={"like": 0}), "invalid_request", "variants.1.weights"),
        (two(scene="no"), "unknown_scene", "variants.1.scene"),
        (two(scene="home", weights={"like": 1}), "invalid_request", "variants.1.scene"),
        (two(exploration=SEEDED), "invalid_request", "variants.1.exploration.seed"),
        (two(exploration=UNUSED), "invalid_request", "variants.1.exploration.strength"),
        (two(diversity={}), "invalid_request", "variants.1.diversity"),
        (two(diversity={"method": "x"}), "invalid_request", "variants.1.diversity.method"),
        ({"scene": "no"}, "unknown_scene", "scene"),
        ({"start": 20, "stop": 20}, "invalid_request", "stop"),
        ({"salt": ""}, "invalid_request", "salt"),
        ({"bundle": "second"}, "invalid_request", "bundle"),
    ],
)
def test_what_is_wrong_is_named(
    service: httpx.Client, given: dict[str, Any], status: str, field: str
) -> None:
    refused = put(service, "e", SPLIT, **given)
    assert code(refused) == (422, status) and refused.json()["error"]["field"] == field


def test_names_that_none_can_have(service: httpx.Client) -> None:
    for name in ("A", "a:b", "x" * 65, "%00", "%ff"):
        refused = service.get(f"/v1/experiments/{name}")
        assert code(refused) == (422, "invalid_request") and refused.json()["error"]["field"] == "name"
    for call in (service.get, service.delete):
        missing = call("/v1/experiments/none")
        assert code(missing) == (404, "not_found") and missing.json()["error"]["field"] == "name"


def test_the_rights(keyed: httpx.Client, redis_url: str) -> None:
    forget(redis_url, "chorus:audit")
    for role, (token, _key) in TOKENS.items():
        stored = keyed.put("/v1/experiments/e", json=SPLIT, headers=bearer(token))
        assert stored.status_code == (200 if role == "admin" else 403), stored.text
        for path in ("/v1/experiments", "/v1/experiments/e"):
            assert keyed.get(path, headers=bearer(token)).status_code == stored.status_code
    admin, of_recommend = (bearer(TOKENS[role][0]) for role in (Role.ADMIN, Role.RECOMMEND))
    body = {"user_id": "u", "variant": "e:likes"}
    for headers in (of_recommend, bearer("pk_1")):
        refused = keyed.post("/v1/recommend", json=body, headers=headers)
        assert code(refused) == (403, "forbidden") and refused.json()["error"]["field"] == "variant"
    assert keyed.post("/v1/recommend", json=body, headers=admin).json()["variant"] == "e:likes"
    assert keyed.delete("/v1/experiments/e", headers=admin).status_code == 200
    acts = [(act["action"], act["subject"]) for act in read_audit(redis_url) if act["result"] == "ok"]
    assert acts == [("experiment.put", "experiment:e"), ("experiment.delete", "experiment:e")]


def test_replicas_know_it_within_seconds(service: httpx.Client, serve: Serve) -> None:
    with serve() as other:
        assert "variant" not in ask(other, OF_LIKES)
        put(service, "e", SPLIT)
        settle(lambda: ask(other, OF_LIKES).get("variant") == "e:likes")
        service.delete("/v1/experiments/e")
        settle(lambda: "variant" not in ask(other, OF_LIKES))


def test_a_bundle_that_lacks_a_head_or_scene_answers_without_the_experiment(
    service: httpx.Client, redis_url: str
) -> None:
    put(service, "e", SPLIT)
    with redis.Redis.from_url(redis_url) as client:
        document = client.hget("chorus:{experiments}", "e") or b""
        for known, unknown in (
            (b'"like"', b'"gone"'),
            (b'"method"', b'"novel"'),
            (b'"scene":null', b'"scene":"gone"'),
        ):
            client.hset("chorus:{experiments}", "e", document.replace(known, unknown))
            settle(lambda: service.get("/v1/experiments/e").json()["problem"] is not None)
            settle(lambda: "variant" not in ask(service, OF_LIKES))
            put(service, "e", SPLIT)
            assert ask(service, OF_LIKES)["variant"] == "e:likes"
