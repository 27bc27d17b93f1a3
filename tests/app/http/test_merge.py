"""Users over real HTTP: merged, and shown with what their events came with."""

from uuid import uuid4

import httpx

from app.api.schemas.users import MergeAnswer, UserAnswer


def shown(service: httpx.Client, user_id: str) -> UserAnswer:
    response = service.get(f"/v1/users/{user_id}")
    assert response.status_code == 200, response.text
    return UserAnswer.model_validate_json(response.content)


def merge(service: httpx.Client, target: str, source: str) -> MergeAnswer:
    response = service.post(f"/v1/users/{target}/merge", json={"from": source})
    assert response.status_code == 200, response.text
    return MergeAnswer.model_validate_json(response.content)


def test_an_event_is_shown_with_what_it_came_with(service: httpx.Client) -> None:
    user_id = uuid4().hex
    event = {
        "user_id": user_id,
        "item_id": "7",
        "action": "view",
        "timestamp": 5.0,
        "context": {"season": "winter"},
        "recommendation_id": "r1",
        "rank": 3,
    }
    service.post("/v1/events", json={"events": [event]})
    (found,) = shown(service, user_id).events
    assert found.model_dump() == {**{k: v for k, v in event.items() if k != "user_id"}, "value": None}
    assert not any(event.context for event in shown(service, "u3").events)


def test_a_visitor_who_logs_in_takes_everything_along(service: httpx.Client) -> None:
    visitor, user_id = uuid4().hex, uuid4().hex
    event = {"event_id": "e1", "user_id": visitor, "item_id": "7", "action": "view", "timestamp": 5.0}
    service.post("/v1/events", json={"events": [event]})
    service.put(f"/v1/users/{visitor}", json={"interests": "space"})
    answer = merge(service, user_id, visitor)
    assert answer.moved == {"events": 1, "past_items": 0, "profile": 1}
    after = shown(service, user_id)
    assert [event.item_id for event in after.events] == ["7"]
    assert after.profile is not None and after.profile.interests == "space"
    for name in (visitor, user_id):
        retry = service.post("/v1/events", json={"events": [{**event, "user_id": name}]}).json()
        assert (retry["accepted"], retry["duplicates"]) == (0, 1)
    old = shown(service, visitor)
    assert (old.profile, old.events, old.merged_into) == (None, [], user_id)
    assert set(merge(service, user_id, visitor).moved.values()) == {0}


def test_what_the_bundle_knows_of_a_user_moves_along(service: httpx.Client) -> None:
    trained = shown(service, "u4")
    user_id = uuid4().hex
    assert merge(service, user_id, "u4").moved["events"] == len(trained.events)
    after = shown(service, user_id)
    assert after.events == trained.events and after.profile == trained.profile
    assert shown(service, "u4").events == []


def test_what_cannot_be_merged(service: httpx.Client) -> None:
    for body, field in (
        ({"from": "me"}, "from"),
        ({}, "from"),
        ({"from": ""}, "from"),
        ({"from": "x", "colour": 1}, "colour"),
    ):
        response = service.post("/v1/users/me/merge", json=body)
        assert response.status_code == 422
        error = response.json()["error"]
        assert (error["code"], error["field"]) == ("invalid_request", field)
    assert set(merge(service, "me", uuid4().hex).moved.values()) == {0}
    assert service.get("/v1/users/me").status_code == 404
