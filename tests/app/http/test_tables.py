"""Many items and users at once over real HTTP, and the list of changed items."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from app.api.schemas.item_tables import ItemListAnswer
from app.api.schemas.items import ItemShown
from app.api.schemas.rows import StoredRowsAnswer
from app.api.schemas.users import UserAnswer


def post(service: httpx.Client, path: str, body: object) -> StoredRowsAnswer:
    response = service.post(path, json=body)
    assert response.status_code == 200, response.text
    return StoredRowsAnswer.model_validate_json(response.content)


def rejections(answer: StoredRowsAnswer) -> list[tuple[int, str, str | None]]:
    return [(row.index, row.error.code, row.error.field) for row in answer.rejected]


def test_a_thousand_items_are_put_at_once_and_bad_ones_named(service: httpx.Client) -> None:
    stem = uuid4().hex
    rows: list[dict[str, object]] = [
        {"item_id": f"{stem}-{number}", "attributes": {"year": number}} for number in range(1_000)
    ]
    rows[3] = {"item_id": f"{stem}-3", "attributes": {"hue": 1}}
    rows[5] = {"attributes": {}}
    rows[7] = {"item_id": f"{stem}-8", "attributes": {"year": -1}}
    rows[9] = {"item_id": f"{stem}-9", "available": False, "availability": False}
    answer = post(service, "/v1/items", {"items": rows})
    assert answer.accepted == 997
    assert rejections(answer) == [
        (3, "unknown_field", "attributes.hue"),
        (5, "invalid_request", "item_id"),
        (9, "invalid_request", "availability"),
    ]
    last = ItemShown.model_validate_json(service.get(f"/v1/items/{stem}-999").content)
    assert (last.attributes, last.source) == ({"year": 999.0}, "put")
    twice = ItemShown.model_validate_json(service.get(f"/v1/items/{stem}-8").content)
    assert twice.attributes == {"year": 8.0}


def test_many_profiles_are_replaced_at_once(service: httpx.Client) -> None:
    first, second = uuid4().hex, uuid4().hex
    rows = [
        {"user_id": first, "attributes": {"job": "artist"}},
        {"user_id": second, "attributes": {"job": 7}},
        {"user_id": second, "interests": "space"},
        {"user_id": ""},
    ]
    answer = post(service, "/v1/users", {"users": rows})
    assert answer.accepted == 2
    assert rejections(answer) == [(1, "invalid_value", "attributes.job"), (3, "invalid_request", "user_id")]
    found = UserAnswer.model_validate_json(service.get(f"/v1/users/{second}").content)
    assert found.profile is not None and found.profile.interests == "space"


@pytest.mark.parametrize("kind", ["items", "users"])
def test_a_call_of_which_nothing_can_be_read_is_refused(service: httpx.Client, kind: str) -> None:
    row = {f"{kind[:-1]}_id": "x"}
    for body, field in (
        ({kind: []}, kind),
        ({kind: [row] * 1001}, kind),
        ({kind: [{}, 3]}, f"{kind}.0.{kind[:-1]}_id"),
        ({kind: [row], "colour": 1}, "colour"),
        ({}, kind),
    ):
        response = service.post(f"/v1/{kind}", json=body)
        assert response.status_code == 422
        assert response.json()["error"]["field"] == field


def pages(service: httpx.Client, limit: int) -> Iterator[ItemListAnswer]:
    cursor: str | None = None
    while True:
        query = {"limit": limit} if cursor is None else {"limit": limit, "cursor": cursor}
        response = service.get("/v1/items", params=query)
        assert response.status_code == 200, response.text
        answer = ItemListAnswer.model_validate_json(response.content)
        yield answer
        cursor = answer.cursor
        if cursor is None:
            return


def test_changed_items_are_listed_by_page(service: httpx.Client) -> None:
    names = [uuid4().hex for _ in range(7)]
    post(service, "/v1/items", {"items": [{"item_id": name} for name in names]})
    service.delete(f"/v1/items/{names[2]}")
    service.patch("/v1/items/55", json={"attributes": {"year": 1}})
    found = [item for page in pages(service, 3) for item in page.items]
    ours = [(item.item_id, item.change) for item in found if item.item_id in {*names, "55"}]
    kept = [(name, "put") for name in names if name != names[2]]
    assert ours == [*kept, (names[2], "deletion"), ("55", "patch")]
    assert all(item.changed_at is not None for item in found if item.change != "deletion")


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "cursor=x", "cursor=-1", "colour=1"])
def test_what_the_list_cannot_be_asked(service: httpx.Client, query: str) -> None:
    response = service.get(f"/v1/items?{query}")
    assert response.status_code == 422
    assert response.json()["error"]["field"] == query.partition("=")[0]
