"""Explain over real HTTP: it agrees with recommend on the same body, page and language."""

from typing import Any

import httpx
import pytest

from app.api.schemas.explanation import ExplainAnswer
from app.pipeline.explain.wording.catalogues import CATALOGUES

SESSION = [{"item_id": "3", "action": "like"}, {"item_id": "4", "action": "rate", "value": 2}]
GENRE = {"field": "genres", "op": "has_any", "value": ["comedy"]}
BODIES: dict[str, dict[str, Any]] = {
    "user": {"user_id": "u1"},
    "visitor": {"session": SESSION, "limit": 7},
    "filtered": {
        "user_id": "u1",
        "filter": {"all": [GENRE, {"not": {"field": "year", "op": "lt", "value": 1990}}]},
    },
    "capped": {"user_id": "u1", "diversity": {"method": "mmr", "max_per_category": 4, "max_consecutive": 2}},
    "excluded": {
        "user_id": "u1",
        "exclude_ids": ["1", "20"],
        "weights": {"like": 1},
        "diversity": {"strength": 0.9},
    },
    "words": {"user_id": "u1", "query": "comedy from the 80s, no horror"},
    "plan": {
        "user_id": "u1",
        "plan": {"wanted": [{"field": "genres", "value": "comedy"}], "like": ["9"], "unlike": ["12"]},
    },
    "exploring": {"user_id": "u1", "exploration": {"policy": "softmax", "strength": 1, "seed": 5}},
}


def ask(service: httpx.Client, path: str, body: dict[str, Any], language: str = "") -> httpx.Response:
    response = service.post(path, json=body, headers={"Accept-Language": language})
    assert response.status_code == 200, response.text
    return response


def explain(service: httpx.Client, item_id: str, **body: Any) -> ExplainAnswer:
    return ExplainAnswer.model_validate_json(
        ask(service, "/v1/explain", {**body, "item_id": item_id}).content
    )


def templates_of(language: str, code: str) -> list[str]:
    """The templates of a code and of its forms."""
    return [text for key, text in CATALOGUES[language].items() if key.partition(".")[0] == code]


@pytest.mark.parametrize("name", BODIES)
def test_every_item_of_the_catalogue_agrees_with_the_list(service: httpx.Client, name: str) -> None:
    body = BODIES[name]
    listed = ask(service, "/v1/recommend", {**body, "explain": True}).json()["items"]
    shown = {item["item_id"]: item for item in listed}
    found = 0
    for number in range(62):
        answer = explain(service, str(number), **body)
        item = shown.get(str(number))
        assert answer.recommended is (item is not None) is (answer.stopped_by is None)
        assert answer.rank == (item and item["rank"])
        if item is not None:
            found += 1
            assert [reason.model_dump() for reason in answer.reasons] == item["reasons"]
            assert answer.sources == item["sources"] and answer.would_need == []
            assert answer.score == pytest.approx(item["score"], abs=1e-6)
            assert {name: head.value for name, head in answer.heads.items()} == pytest.approx(
                {name: head["value"] for name, head in item["heads"].items()}, abs=1e-6
            )
    assert found == len(listed) > 0


def test_the_body_may_say_explain_or_not(service: httpx.Client) -> None:
    first = ask(service, "/v1/recommend", {"user_id": "u1"}).json()["items"][0]["item_id"]
    for flag in (True, False):
        answer = explain(service, first, user_id="u1", explain=flag)
        assert answer.rank == 1 and answer.reasons
    unasked = ask(service, "/v1/explain", {"user_id": "u1", "item_id": first}, "fr")
    assert unasked.headers["content-language"] == "fr"


def test_an_item_of_an_earlier_page_is_stopped_by_the_cursor(service: httpx.Client) -> None:
    page = ask(service, "/v1/recommend", {"user_id": "u1", "limit": 5}).json()
    second = ask(service, "/v1/recommend", {"cursor": page["cursor"]}).json()
    shown, next_one = page["items"][0]["item_id"], second["items"][2]["item_id"]
    before = explain(service, shown, cursor=page["cursor"])
    assert before.stopped_by is not None and before.stopped_by.rule == "cursor"
    assert [need.change for need in before.would_need[0]] == ["cursor"]
    assert explain(service, next_one, cursor=page["cursor"]).rank == 8


@pytest.mark.parametrize(
    ("item_id", "body", "stage", "rule", "changes"),
    [
        ("no such item", {}, "catalogue", "unknown_item", ["catalogue"]),
        ("9", {"exclude_ids": ["9"]}, "filter", "exclude_ids", ["exclude_ids"]),
        ("3", {"exclude_ids": ["3"]}, "filter", "exclude_ids", ["exclude_ids", "exclude_seen"]),
        ("3", {}, "filter", "exclude_seen", ["exclude_seen"]),
        ("9", {"filter": {"field": "year", "op": "gt", "value": 3000}}, "filter", "filter", ["filter.year"]),
    ],
)
def test_what_stops_an_item_before_it_is_scored(
    service: httpx.Client, item_id: str, body: dict[str, Any], stage: str, rule: str, changes: list[str]
) -> None:
    answer = explain(service, item_id, session=SESSION, **body)
    assert answer.stopped_by is not None and (answer.stopped_by.stage, answer.stopped_by.rule) == (
        stage,
        rule,
    )
    assert [[need.change for need in needs] for needs in answer.would_need] == [changes]
    assert bool(answer.heads) is (stage != "catalogue")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de-CH, en;q=0.5", "de"),
        ("zh-CN,zh;q=0.9", "zh"),
        ("es", "es"),
        ("tlh, fr;q=0.2", "fr"),
        ("tlh", "en"),
    ],
)
def test_reasons_are_in_the_language_of_the_request(
    service: httpx.Client, accepted: str, language: str
) -> None:
    body = {"session": [{"item_id": "3", "action": "like"}], "limit": 30, "explain": True}
    answer = ask(service, "/v1/recommend", body, accepted)
    assert answer.headers["content-language"] == language
    reasons = [reason for item in answer.json()["items"] for reason in item["reasons"]]
    for reason in reasons:
        starts = [text.partition("{")[0] for text in templates_of(language, reason["code"])]
        assert reason["text"].startswith(tuple(starts))
    first = answer.json()["items"][0]
    told = ask(service, "/v1/explain", {**body, "item_id": first["item_id"]}, accepted)
    assert told.headers["content-language"] == language and told.json()["reasons"] == first["reasons"]
    page = ask(service, "/v1/recommend", {"cursor": answer.json()["cursor"]}, accepted)
    assert page.headers["content-language"] == language


def test_an_answer_without_reasons_has_no_language(service: httpx.Client) -> None:
    assert "content-language" not in ask(service, "/v1/recommend", {"user_id": "u1"}, "de").headers


def test_the_item_is_required_and_no_other_field_is_taken(service: httpx.Client) -> None:
    for body in ({"user_id": "u1"}, {"user_id": "u1", "item_id": "1", "item": "2"}, {"item_id": "1"}):
        assert service.post("/v1/explain", json=body).status_code == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"exploration": {"policy": "epsilon"}}, "exploration.seed"),
        ({"critique": {"of": "r", "text": "great"}}, "critique"),
    ],
)
def test_a_list_that_cannot_be_repeated_is_not_explained(
    service: httpx.Client, body: dict[str, Any], field: str
) -> None:
    refused = service.post("/v1/explain", json={"user_id": "u1", "item_id": "1", **body})
    assert refused.status_code == 422 and refused.json()["error"]["field"] == field
