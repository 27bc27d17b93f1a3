"""Notes on filters over real HTTP: which value no item has, and how many items pass."""

from typing import Any

import httpx
import pytest

Note = dict[str, Any]
FEW = "few_items_pass"


def ask(service: httpx.Client, rule: Note, **body: object) -> Note:
    response = service.post("/v1/recommend", json={"user_id": "new", "filter": rule, **body})
    assert response.status_code == 200, response.text
    answer: Note = response.json()
    return answer


def compare(field: str, op: str, value: object) -> Note:
    return {"field": field, "op": op, "value": value}


def no_value(field: str, value: object, *nearest: object) -> Note:
    words = " or ".join(repr(near) if isinstance(near, str) else f"{near:.12g}" for near in nearest)
    given = repr(value) if isinstance(value, str) else f"{value:.12g}"
    hint = f"; did you mean {words}?" if nearest else ""
    return {
        "code": "no_item_has_value",
        "field": field,
        "message": f"no item has the value {given}{hint}",
        "value": value,
        "did_you_mean": list(nearest),
    }


def few(items: int) -> Note:
    message = f"items of the catalogue that pass the filter: {items}"
    return {"code": FEW, "field": "filter", "message": message, "items": items}


YEARS = {"lowest": 1960.0, "highest": 2019.0}  # of the tiny bundle's 60 items


@pytest.mark.parametrize(
    ("rule", "notes"),
    [
        (compare("genres", "eq", "Comedy"), [no_value("filter.genres", "Comedy", "comedy"), few(0)]),
        (
            {"all": [compare("year", "gte", 1970), compare("genres", "has_any", ["horor", "west"])]},
            [no_value("filter.all.1.genres", "horor", "horror"), no_value("filter.all.1.genres", "west"), few(0)],
        ),
        (
            compare("year", "gte", 3000),
            [
                {
                    "code": "out_of_range",
                    "field": "filter.year",
                    "message": "no item meets 3000: the items have 1960 to 2019",
                    "value": 3000.0,
                    **YEARS,
                },
                few(0),
            ],
        ),
        (compare("year", "eq", 1970.5), [no_value("filter.year", 1970.5, 1970.0, 1971.0), few(0)]),
        (compare("year", "in", [1950, 1970]), [no_value("filter.year", 1950.0, 1960.0), few(1)]),
        (compare("item_id", "in", ["7", "70"]), [no_value("filter.item_id", "70"), few(1)]),
        (compare("year", "exists", False), [few(0)]),
        ({"all": [compare("year", "lt", 1963), compare("genres", "eq", "comedy")]}, [few(1)]),
    ],
    ids=str,
)  # fmt: skip
def test_an_empty_or_short_list_says_why(service: httpx.Client, rule: Note, notes: list[Note]) -> None:
    answer = ask(service, rule)
    assert answer["notes"] == notes
    assert len(answer["items"]) == notes[-1]["items"]


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"not": compare("genres", "eq", "Horror")}, "filter.not.genres"),
        (compare("genres", "ne", "Horror"), "filter.genres"),
        (compare("genres", "has_any", ["Horror", "comedy"]), "filter.genres"),
        ({"any": [compare("genres", "eq", "Horror"), compare("year", "gt", 1900)]}, "filter.any.0.genres"),
    ],
    ids=str,
)
def test_a_label_without_effect_is_named_though_the_list_is_full(
    service: httpx.Client, rule: Note, field: str
) -> None:
    answer = ask(service, rule)
    assert answer["notes"] == [no_value(field, "Horror", "horror")]
    assert len(answer["items"]) == 10


def test_a_filter_that_fills_the_list_has_no_notes(service: httpx.Client) -> None:
    assert ask(service, compare("genres", "eq", "horror"))["notes"] == []
    assert ask(service, compare("year", "lt", 3000))["notes"] == []
    assert service.post("/v1/recommend", json={"user_id": "new", "limit": 100}).json()["notes"] == []


def test_a_ranking_names_the_value_and_not_the_items_that_it_does_not_ask_for(service: httpx.Client) -> None:
    body = {"user_id": "new", "item_ids": ["1", "2"], "filter": compare("genres", "eq", "Drama")}
    answer = service.post("/v1/rank", json=body).json()
    assert answer["items"] == [] and answer["notes"] == [no_value("filter.genres", "Drama", "drama")]


def test_twenty_values_are_named_and_the_others_counted(service: httpx.Client) -> None:
    answer = ask(service, compare("item_id", "in", ["7", *(f"x{number}" for number in range(25))]))
    assert [note["code"] for note in answer["notes"]] == ["no_item_has_value"] * 20 + ["more_notes", FEW]
    assert answer["notes"][20]["notes"] == 5


def test_items_put_and_deleted_count_at_once(service: httpx.Client) -> None:
    rule = compare("genres", "eq", "western")
    assert ask(service, rule)["notes"] == [no_value("filter.genres", "western"), few(0)]
    put = {"attributes": {"genres": ["western"], "year": 2100}}
    assert service.put("/v1/items/rio", json=put).status_code == 200
    assert ask(service, rule)["notes"] == [few(1)]
    assert ask(service, compare("genres", "eq", "Western"))["notes"][0]["did_you_mean"] == ["western"]
    assert ask(service, compare("year", "gt", 3000))["notes"][0]["highest"] == 2100
    assert service.put("/v1/items/rio", json={**put, "available": False}).status_code == 200
    assert ask(service, rule)["notes"] == [no_value("filter.genres", "western"), few(0)]
    assert service.delete("/v1/items/rio").status_code == 200
    assert ask(service, compare("year", "gt", 3000))["notes"][0]["highest"] == 2019


def test_the_nearest_field_is_suggested(service: httpx.Client) -> None:
    body = {"user_id": "new", "filter": compare("genre", "eq", "horror")}
    error = service.post("/v1/recommend", json=body).json()["error"]
    assert (error["code"], error["field"]) == ("invalid_filter", "filter.genre")
    assert error["message"].endswith("given 'genre'; did you mean 'genres'?")
