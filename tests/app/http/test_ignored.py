"""Inputs without effect in the bundle over real HTTP: the answer names them, and is the same without them."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.api.mapping.ignored_inputs import MOST_NAMED

Body = dict[str, Any]
SESSION = [{"item_id": "3", "action": "like", "timestamp": 1_763_740_000}]
BODY: Body = {
    "user_id": "u1",
    "session": SESSION,
    "context": {"season": "winter", "timestamp": 1_763_740_800},
}


def ask(service: httpx.Client, path: str, body: Body) -> Body:
    response = service.post(path, json=body)
    assert response.status_code == 200, response.text
    answer: Body = response.json()
    return answer


def scores(answer: Body) -> list[tuple[object, ...]]:
    return [(item["item_id"], item.get("score"), item.get("heads")) for item in answer["items"]]


def with_context(**labels: str) -> Body:
    return {"context": {**BODY["context"], **labels}}


@pytest.mark.parametrize(
    ("change", "ignored"),
    [
        ({}, []),
        (with_context(device="tv", mood="low"), ["context.device", "context.mood"]),
        (
            {"session": [{**SESSION[0], "context": {"season": "autumn 3024", "device": "tv"}}]},
            ["session.0.context.season=autumn 3024", "session.0.context.device"],
        ),
        (
            {"exclude_ids": ["no such item", "nor this"]},
            ["exclude_ids.0=no such item", "exclude_ids.1=nor this"],
        ),
        (with_context(**{"k" * 512: "v"}), ["context." + "k" * 80]),
        ({"query": "  "}, ["query"]),
        (
            {"exploration": {"policy": "none", "strength": 0.5, "seed": 1}},
            ["exploration.strength", "exploration.seed"],
        ),
        ({"exploration": {"policy": "none"}}, []),
    ],
    ids=[
        "none",
        "context keys",
        "session context",
        "excluded items",
        "long key",
        "blank query",
        "unused exploration",
        "no exploration",
    ],
)
@pytest.mark.parametrize("path", ["/v1/recommend", "/v1/rank"])
def test_an_input_without_effect_is_named_and_has_none(
    service: httpx.Client, path: str, change: Body, ignored: list[str]
) -> None:
    body = BODY if path == "/v1/recommend" else {**BODY, "item_ids": ["1", "5", "12", "nope"]}
    answer = ask(service, path, {**body, **change})
    assert answer["ignored"] == ignored
    assert scores(answer) == scores(ask(service, path, body))


def test_a_context_value_that_training_never_had_counts_as_none(service: httpx.Client) -> None:
    without: Body = {"user_id": "u1", "context": {"timestamp": 1_763_740_800}}
    unknown = {**without, "context": {**without["context"], "season": "monsoon"}}
    known = {**without, "context": {**without["context"], "season": "winter"}}
    answer = ask(service, "/v1/recommend", unknown)
    assert answer["ignored"] == ["context.season=monsoon"]
    assert scores(answer) == scores(ask(service, "/v1/recommend", without))
    assert scores(answer) != scores(ask(service, "/v1/recommend", known))


def test_an_unknown_item_of_a_session_is_named_by_its_place(service: httpx.Client) -> None:
    events = [*SESSION, {"item_id": "x" * 100, "action": "view"}]
    answer = ask(service, "/v1/recommend", {"session": events})
    assert answer["ignored"] == ["session.1.item_id=" + "x" * 80]


@pytest.mark.parametrize(
    ("diversity", "ignored"),
    [
        ({"method": "none", "strength": 0.5}, ["diversity.strength"]),
        ({"method": "none", "strength": 0}, []),
        ({"method": "none"}, []),
        ({"method": "mmr", "strength": 0.5, "max_per_category": 2, "max_consecutive": 1}, []),
    ],
    ids=str,
)
def test_a_strength_without_a_method_is_named(
    service: httpx.Client, diversity: Body, ignored: list[str]
) -> None:
    assert ask(service, "/v1/recommend", {"user_id": "u1", "diversity": diversity})["ignored"] == ignored


def test_at_most_a_hundred_inputs_are_named_and_the_others_counted(service: httpx.Client) -> None:
    unknown = [f"unknown-{number}" for number in range(MOST_NAMED + 7)]
    ignored = ask(service, "/v1/recommend", {"user_id": "u1", "exclude_ids": unknown})["ignored"]
    assert len(ignored) == MOST_NAMED + 1
    assert ignored[MOST_NAMED - 1 :] == ["exclude_ids.99=unknown-99", "and 7 more"]


def test_an_excluded_unknown_item_of_a_ranking_is_left_out_of_it(service: httpx.Client) -> None:
    body = {"user_id": "u1", "item_ids": ["1", "nope"], "exclude_ids": ["nope", "nada"]}
    answer = ask(service, "/v1/rank", body)
    assert [item["item_id"] for item in answer["items"]] == ["1"]
    assert answer["ignored"] == ["exclude_ids.1=nada"]


def test_each_page_names_what_it_ignores(service: httpx.Client) -> None:
    first = ask(service, "/v1/recommend", {"user_id": "u1", "limit": 3, "context": {"mood": "low"}})
    second = ask(service, "/v1/recommend", {"cursor": first["cursor"]})
    assert first["ignored"] == second["ignored"] == ["context.mood"]


def test_each_group_of_a_batch_names_its_inputs(service: httpx.Client) -> None:
    groups = [
        {"user_id": "u1", "item_ids": ["1"], "context": {"season": "winter"}},
        {"user_id": "u1", "item_ids": ["1"], "context": {"season": "winter", "mood": "low"}},
        {"user_id": "u1", "item_ids": ["1"], "session": [{"item_id": "nope", "action": "view"}]},
    ]
    plain, moody, unknown = ask(service, "/v1/batch-score", {"groups": groups})["groups"]
    assert (plain["ignored"], moody["ignored"]) == ([], ["context.mood"])
    assert unknown["ignored"] == ["session.0.item_id=nope"]
    assert moody["scores"] == plain["scores"]


def test_stored_events_keep_unknown_context_and_name_it_once(service: httpx.Client) -> None:
    event = {"user_id": uuid4().hex, "item_id": "7", "action": "view"}
    events = [
        {**event, "context": {"season": "monsoon"}},
        {**event, "context": {"mood": "low", "device": "tv"}},
        {**event, "item_id": "nope", "context": {"mood": "high"}},
        {**event, "item_id": "nope"},
    ]
    answer = ask(service, "/v1/events", {"events": events})
    assert answer == {
        "accepted": 4,
        "duplicates": 0,
        "rejected": [],
        "ignored": ["events.1.context.mood", "events.1.context.device", "events.2.item_id=nope"],
    }


def test_a_profile_names_the_values_that_the_bundle_does_not_know(service: httpx.Client) -> None:
    def put(**profile: object) -> Body:
        response = service.put("/v1/users/someone", json=profile)
        assert response.status_code == 200, response.text
        answer: Body = response.json()
        return answer

    stored = {"attributes": {"job": "artist"}, "interests": ""}
    assert put(attributes={"job": "artist"}) == {"user_id": "someone", "profile": stored}
    unknown = put(attributes={"job": "astronaut"}, interests="slow films")
    assert unknown["ignored"] == ["attributes.job=astronaut", "interests"]  # it has no language model
    assert unknown["profile"]["attributes"] == {"job": "astronaut"}
