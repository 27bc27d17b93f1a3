"""Events, items, users and the model over real HTTP."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

from app.api.schemas.events import EventsAnswer
from app.api.schemas.items import ItemAnswer, ItemDeletion
from app.api.schemas.model import ModelAnswer
from app.api.schemas.similar import SimilarAnswer
from app.api.schemas.users import ErasureAnswer, UserAnswer, UserPutAnswer

Serve = Callable[..., AbstractContextManager[httpx.Client]]
STRANGE = ["a/b", "a b", "ключ", "x/similar", "?#&", "a\nb", "..a", "%41", "\x01"]


def _error(response: httpx.Response, status: int, code: str, field: str | None = None) -> None:
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert (error["code"], error["field"]) == (code, field)


def _path(kind: str, name: str) -> str:
    return f"/v1/{kind}/{quote(name, safe='')}"


def test_good_events_are_stored_and_bad_ones_named_by_their_place(service: httpx.Client) -> None:
    user_id = uuid4().hex
    good = {"user_id": user_id, "item_id": "7", "action": "rate", "value": 4, "timestamp": 1763740801}
    events = [
        good,
        {**good, "action": "hum"},
        {**good, "value": None},
        {**good, "value": 9},
        {**good, "context": {"mood": "low"}},
        {**good, "item_id": "never heard of", "recommendation_id": "r", "rank": 1, "context": {}},
        {**good, "timestamp": "2999-01-01T00:00:00Z"},
    ]
    response = service.post("/v1/events", json={"events": events})
    answer = EventsAnswer.model_validate_json(response.content)
    assert (answer.accepted, answer.duplicates) == (3, 0)
    told = [(one.index, one.error.code, one.error.field) for one in answer.rejected]
    assert told == [
        (1, "unknown_action", "action"),
        (2, "missing_value", "value"),
        (3, "invalid_value", "value"),
        (6, "invalid_value", "timestamp"),
    ]
    stored = UserAnswer.model_validate_json(service.get(_path("users", user_id)).content)
    assert [event.item_id for event in stored.events] == ["7", "7", "never heard of"]
    assert answer.ignored == ["events.4.context.mood", "events.5.item_id=never heard of"]


def test_a_retry_is_harmless(service: httpx.Client) -> None:
    event = {"event_id": uuid4().hex, "user_id": uuid4().hex, "item_id": "7", "action": "view"}
    body = {"events": [event]}
    assert service.post("/v1/events", json=body).json() == {"accepted": 1, "duplicates": 0, "rejected": []}
    assert service.post("/v1/events", json=body).json() == {"accepted": 0, "duplicates": 1, "rejected": []}


def test_an_event_that_cannot_be_read_keeps_no_other_from_being_stored(service: httpx.Client) -> None:
    user_id = uuid4().hex
    event = {"user_id": user_id, "item_id": "7", "action": "view"}
    torn = {"user_id": user_id, "action": "view"}
    events = [*[event] * 5, torn, {**event, "action": "hum"}, {**event, "colour": 1}, event]
    answer = EventsAnswer.model_validate_json(service.post("/v1/events", json={"events": events}).content)
    told = [(one.index, one.error.code, one.error.field) for one in answer.rejected]
    assert told == [
        (5, "invalid_request", "item_id"),
        (6, "unknown_action", "action"),
        (7, "invalid_request", "colour"),
    ]
    stored = UserAnswer.model_validate_json(service.get(_path("users", user_id)).content)
    assert answer.accepted == len(stored.events) == 6


def test_a_call_of_which_nothing_can_be_read_stores_nothing(service: httpx.Client) -> None:
    user_id = uuid4().hex
    torn = {"user_id": user_id, "action": "view"}
    event = {**torn, "item_id": "7"}
    for body, field in (
        ({"events": [torn, 3]}, "events.0.item_id"),
        ({"events": [event], "colour": 1}, "colour"),
        ({"events": [event] * 1001}, "events"),
        ({"events": []}, "events"),
    ):
        _error(service.post("/v1/events", json=body), 422, "invalid_request", field)
    _error(service.get(_path("users", user_id)), 404, "not_found", "user_id")


@pytest.mark.parametrize("name", STRANGE, ids=ascii)
def test_an_item_is_put_found_at_once_and_deleted(service: httpx.Client, name: str) -> None:
    body = {"attributes": {"genres": ["comedy"], "year": 2001}, "text": {"title": "New"}}
    put = service.put(_path("items", name), json=body)
    assert put.status_code == 200, put.text
    assert ItemAnswer.model_validate_json(put.content).item_id == name
    rule = {"field": "item_id", "op": "eq", "value": name}
    asked = {"session": [], "filter": rule, "fields": ["title", "year", "genres"]}
    found = service.post("/v1/recommend", json=asked).json()["items"]
    assert [item["item_id"] for item in found] == [name]
    assert found[0]["fields"] == {"title": "New", "year": 2001.0, "genres": ["comedy"]}
    alike = service.get(_path("items", name) + "/similar", params={"limit": 3})
    answer = SimilarAnswer.model_validate_json(alike.content)
    assert answer.item_id == name and len(answer.items) == 3
    gone = service.delete(_path("items", name))
    assert ItemDeletion.model_validate_json(gone.content).item_id == name
    assert service.post("/v1/recommend", json=asked).json()["items"] == []
    _error(service.delete(_path("items", name)), 404, "not_found", "item_id")
    _error(service.get(_path("items", name) + "/similar"), 404, "not_found", "item_id")


def test_similar_items_leave_the_item_itself_out_and_come_best_first(service: httpx.Client) -> None:
    answer = SimilarAnswer.model_validate_json(service.get("/v1/items/7/similar?limit=40").content)
    likeness = [item.similarity for item in answer.items]
    assert len(likeness) == 40 and likeness == sorted(likeness, reverse=True)
    assert "7" not in {item.item_id for item in answer.items}
    _error(service.get("/v1/items/7/similar?limit=0"), 422, "invalid_request", "limit")
    _error(service.get("/v1/items/7/similar?colour=0"), 422, "invalid_request", "colour")
    _error(service.get("/v1/items/nope/similar"), 404, "not_found", "item_id")


def test_an_item_of_another_shape_is_refused_by_field(service: httpx.Client) -> None:
    for body, code, field in (
        ({"attributes": {"colour": "red"}}, "unknown_field", "attributes.colour"),
        ({"attributes": {"year": "2001"}}, "invalid_value", "attributes.year"),
        ({"vectors": {"image": [1, 2]}}, "invalid_value", "vectors.image"),
        ({"title": "x"}, "invalid_request", "title"),
    ):
        _error(service.put("/v1/items/new", json=body), 422, code, field)


def test_an_item_that_is_not_available_is_scored_only_by_name(service: httpx.Client) -> None:
    service.put("/v1/items/hidden", json={"attributes": {"year": 1990}, "available": False})
    other = service.put("/v1/items/hidden-too", json={"text": "Hidden", "availability": False})
    assert not ItemAnswer.model_validate_json(other.content).available
    names = ["hidden", "hidden-too"]
    rule = {"field": "item_id", "op": "in", "value": names}
    assert service.post("/v1/recommend", json={"session": [], "filter": rule}).json()["items"] == []
    ranked = service.post("/v1/rank", json={"user_id": "u1", "item_ids": names}).json()["items"]
    assert {item["item_id"] for item in ranked} == set(names)
    (group,) = service.post("/v1/batch-score", json={"groups": [{"item_ids": names}]}).json()["groups"]
    assert [pair["item_id"] for pair in group["scores"] if "score" in pair] == names


def test_an_id_that_is_not_utf_8_is_refused(service: httpx.Client) -> None:
    _error(service.delete("/v1/users/%FF"), 422, "invalid_request", "user_id")
    _error(service.put("/v1/items/a%ffb", json={}), 422, "invalid_request", "item_id")
    _error(service.delete(f"/v1/users/{'x' * 513}"), 422, "invalid_request", "user_id")
    _error(service.delete("/v1/users/"), 422, "invalid_request", "user_id")


@pytest.mark.parametrize("name", STRANGE, ids=ascii)
def test_a_user_is_put_shown_and_erased_with_a_receipt(service: httpx.Client, name: str) -> None:
    path = _path("users", name)
    profile = {"attributes": {"job": "artist"}, "interests": "slow films"}
    put = UserPutAnswer.model_validate_json(service.put(path, json=profile).content)
    assert put.profile.model_dump() == profile
    service.post("/v1/events", json={"events": [{"user_id": name, "item_id": "7", "action": "view"}]})
    shown = UserAnswer.model_validate_json(service.get(path).content)
    assert shown.profile is not None and shown.profile.interests == "slow films"
    assert [event.item_id for event in shown.events] == ["7"]
    receipt = ErasureAnswer.model_validate_json(service.delete(path).content)
    assert receipt.user_id == name and receipt.receipt
    assert (receipt.deleted["events"], receipt.deleted["profile"], receipt.deleted["stream"]) == (1, 1, 1)
    _error(service.get(path), 404, "not_found", "user_id")


def test_training_history_is_shown_and_forgotten_once_erased(serve: Serve) -> None:
    with serve() as service:
        shown = UserAnswer.model_validate_json(service.get("/v1/users/u4").content)
        assert len(shown.events) == 10 and shown.events[0].value == 5
        assert service.delete("/v1/users/u4").status_code == 200
        _error(service.get("/v1/users/u4"), 404, "not_found", "user_id")


def test_a_profile_of_another_shape_is_refused_by_field(service: httpx.Client) -> None:
    refused = service.put("/v1/users/a", json={"attributes": {"age": 3}})
    _error(refused, 422, "unknown_field", "attributes.age")


def test_a_bundle_is_swapped_and_a_bad_one_changes_nothing(serve: Serve) -> None:
    with serve() as service:
        card = ModelAnswer.model_validate_json(service.get("/v1/model").content)
        assert card.model_version == "first" and card.items >= 60 and card.statistics_at == 1_763_740_800
        assert [head.name for head in card.heads] == ["next", "like", "rating", "genre", "daypart"]
        swapped = service.post("/v1/model/reload", json={"bundle": "second"})
        assert ModelAnswer.model_validate_json(swapped.content).model_version == "second"
        _error(service.post("/v1/model/reload", json={"bundle": "broken"}), 422, "bad_bundle", "bundle")
        _error(service.post("/v1/model/reload", json={"bundle": "absent"}), 422, "unknown_bundle", "bundle")
        outside = service.post("/v1/model/reload", json={"bundle": "../first"})
        _error(outside, 422, "invalid_request", "bundle")
        assert service.get("/v1/model").json()["model_version"] == "second"
        assert 'chorus_bundle_info{model_version="second"} 1.0' in service.get("/metrics").text
