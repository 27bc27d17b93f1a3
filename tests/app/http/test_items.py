"""Items over real HTTP: shown, patched, put in tables, listed, and similar to several."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

from app.api.schemas.items import ItemAnswer, ItemShown
from app.api.schemas.similar import SimilarToAllAnswer

STRANGE = ["a/b", "x/similar", "similar", "ключ", "?#&", "a\nb"]


def path(item_id: str) -> str:
    return f"/v1/items/{quote(item_id, safe='')}"


def shown(service: httpx.Client, item_id: str) -> ItemShown:
    response = service.get(path(item_id))
    assert response.status_code == 200, response.text
    return ItemShown.model_validate_json(response.content)


def patch(service: httpx.Client, item_id: str, **body: object) -> ItemAnswer:
    response = service.patch(path(item_id), json=body)
    assert response.status_code == 200, response.text
    return ItemAnswer.model_validate_json(response.content)


def error(response: httpx.Response, status: int, code: str, field: str | None) -> str:
    assert response.status_code == status, response.text
    told = response.json()["error"]
    assert (told["code"], told["field"]) == (code, field)
    return str(told["message"])


def test_an_item_of_the_bundle_is_shown_and_patched(service: httpx.Client) -> None:
    before = shown(service, "11")
    assert before.model_dump() == {
        "item_id": "11",
        "attributes": {"title": "Title 11", "genres": ["horror"], "year": 1971.0},
        "vectors": {},
        "available": True,
        "unavailable_by": None,
        "source": "bundle",
        "changed_at": None,
    }
    assert patch(service, "11", attributes={"year": 1972}).available
    after = shown(service, "11")
    assert after.attributes == {**before.attributes, "year": 1972.0}
    assert after.source == "patch" and after.changed_at is not None
    patch(service, "11", text={"title": None}, vectors={"image": [1, 2, 3]}, available=False)
    third = shown(service, "11")
    assert third.attributes == {"genres": ["horror"], "year": 1972.0}
    assert third.vectors == {"image": [1.0, 2.0, 3.0]}
    assert (third.available, third.unavailable_by) == (False, "request")
    patch(service, "11", vectors={"image": None}, available=None, text="Again")
    assert shown(service, "11").model_dump(exclude={"changed_at"}) == {
        **before.model_dump(exclude={"changed_at"}),
        "attributes": {"title": "Again", "genres": ["horror"], "year": 1972.0},
        "source": "patch",
    }
    filtered = {"session": [], "filter": {"field": "title", "op": "eq", "value": "Again"}, "fields": ["year"]}
    (item,) = service.post("/v1/recommend", json=filtered).json()["items"]
    assert (item["item_id"], item["fields"]) == ("11", {"year": 1972.0})


@pytest.mark.parametrize("name", STRANGE, ids=ascii)
def test_an_item_is_put_shown_patched_and_gone(service: httpx.Client, name: str) -> None:
    assert service.put(path(name), json={"text": {"title": "New"}}).status_code == 200
    assert shown(service, name).source == "put"
    patch(service, name, attributes={"year": 2001})
    item = shown(service, name)
    assert (item.attributes, item.source) == ({"title": "New", "year": 2001.0}, "put")
    assert service.delete(path(name)).status_code == 200
    error(service.get(path(name)), 404, "not_found", "item_id")
    error(service.patch(path(name), json={"available": True}), 404, "not_found", "item_id")


def test_an_unknown_item_is_neither_shown_nor_patched(service: httpx.Client) -> None:
    error(service.get("/v1/items/nope"), 404, "not_found", "item_id")
    error(service.patch("/v1/items/nope", json={"attributes": {"year": 1}}), 404, "not_found", "item_id")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "invalid_request", None),
        ({"colour": 1}, "invalid_request", "colour"),
        ({"attributes": {"hue": None}}, "unknown_field", "attributes.hue"),
        ({"attributes": {"year": "1990"}}, "invalid_value", "attributes.year"),
        ({"text": {"year": None}}, "unknown_field", "text.year"),
        ({"text": {"title": None}, "attributes": {"title": "A"}}, "invalid_request", "text.title"),
        ({"vectors": {"image": [1.0]}}, "invalid_value", "vectors.image"),
        ({"vectors": {"hue": None}}, "unknown_field", "vectors.hue"),
        ({"available": True, "availability": None}, "invalid_request", "availability"),
    ],
)
def test_a_patch_that_does_not_fit_is_refused_by_field(
    service: httpx.Client, body: object, code: str, field: str | None
) -> None:
    assert "expected" in error(service.patch("/v1/items/7", json=body), 422, code, field)
    assert shown(service, "7").source == "bundle"


def test_patches_at_the_same_time_all_hold(service: httpx.Client) -> None:
    bodies = [
        {"attributes": {"year": 1999}},
        {"attributes": {"genres": ["drama"]}},
        {"text": {"title": "T"}},
        {"vectors": {"image": [1, 1, 1]}},
        {"available": False},
    ]
    with ThreadPoolExecutor(len(bodies)) as pool:
        for answer in pool.map(lambda body: service.patch("/v1/items/12", json=body), bodies):
            assert answer.status_code == 200, answer.text
    item = shown(service, "12")
    assert item.attributes == {"year": 1999.0, "genres": ["drama"], "title": "T"}
    assert item.vectors == {"image": [1.0, 1.0, 1.0]} and not item.available


def similar(service: httpx.Client, **body: object) -> SimilarToAllAnswer:
    response = service.post("/v1/items/similar", json=body)
    assert response.status_code == 200, response.text
    return SimilarToAllAnswer.model_validate_json(response.content)


def test_of_one_item_both_ways_answer_the_same(service: httpx.Client) -> None:
    one = service.get("/v1/items/7/similar?limit=40").json()["items"]
    assert similar(service, item_ids=["7"], limit=40).model_dump()["items"] == one


def test_similar_to_several_is_the_mean_of_the_similarities(service: httpx.Client) -> None:
    each = [
        {
            item["item_id"]: item["similarity"]
            for item in service.get(f"/v1/items/{number}/similar?limit=59").json()["items"]
        }
        for number in ("20", "21")
    ]
    answer = similar(service, item_ids=["20", "21", "nope"], limit=50)
    assert answer.unknown == ["nope"] and answer.degraded == []
    assert not {item.item_id for item in answer.items} & {"20", "21"}
    for item in answer.items:
        mean = (each[0][item.item_id] + each[1][item.item_id]) / 2
        assert item.similarity == pytest.approx(mean, abs=1e-5)
    likeness = [item.similarity for item in answer.items]
    assert likeness == sorted(likeness, reverse=True) and len(likeness) == 50


def test_similar_items_for_a_user_leave_out_what_was_seen(service: httpx.Client) -> None:
    user_id = uuid4().hex
    first, second = (item.item_id for item in similar(service, item_ids=["30"], limit=2).items)
    events = [
        {"user_id": user_id, "item_id": first, "action": "view"},
        {"user_id": user_id, "item_id": second, "action": "dislike"},
    ]
    assert service.post("/v1/events", json={"events": events}).json()["accepted"] == 2
    answer = similar(service, item_ids=["30"], user_id=user_id, limit=50)
    assert not {first, second} & {item.item_id for item in answer.items}


def test_similar_items_pass_the_filter(service: httpx.Client) -> None:
    condition = {"field": "genres", "op": "has_any", "value": ["comedy"]}
    answer = similar(service, item_ids=["31", "32"], filter=condition, limit=50)
    assert answer.items
    for item in answer.items:
        assert "comedy" in shown(service, item.item_id).attributes["genres"]


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"item_ids": []}, 422, "invalid_request", "item_ids"),
        ({"item_ids": ["1", "1"]}, 422, "invalid_request", "item_ids"),
        ({"item_ids": ["1"], "limit": 0}, 422, "invalid_request", "limit"),
        ({"item_ids": ["1"], "colour": 0}, 422, "invalid_request", "colour"),
        ({"item_ids": ["nope", "never"]}, 404, "not_found", "item_id"),
        (
            {"item_ids": ["1"], "filter": {"field": "hue", "op": "eq", "value": "x"}},
            422,
            "invalid_filter",
            "filter.hue",
        ),
    ],
)
def test_what_similar_items_cannot_be_asked(
    service: httpx.Client, body: object, status: int, code: str, field: str
) -> None:
    error(service.post("/v1/items/similar", json=body), status, code, field)
