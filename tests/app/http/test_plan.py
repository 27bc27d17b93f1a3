"""The plan of a query over real HTTP: echoed, accepted back, edited, checked, and kept by cursors."""

from typing import Any

import httpx
import pytest

COMEDY = {"field": "genres", "value": "comedy"}
HORROR = {"field": "genres", "value": "horror"}
FIELDS = ["genres", "year", "title"]


def ask(service: httpx.Client, **body: Any) -> dict[str, Any]:
    path = "/v1/rank" if "item_ids" in body else "/v1/recommend"
    response = service.post(path, json={"fields": FIELDS, **body})
    assert response.status_code == 200, response.text
    return dict(response.json())


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["item_id"] for item in answer["items"]]


def scores(answer: dict[str, Any]) -> list[tuple[str, float]]:
    return [(item["item_id"], item["score"]) for item in answer["items"]]


def is_comedy(item: dict[str, Any]) -> bool:
    return "comedy" in item["fields"]["genres"]


def test_words_are_answered_with_their_plan(service: httpx.Client) -> None:
    answer = ask(service, user_id="u1", query="comedies before 1990, no horror", limit=5)
    assert answer["plan"] == {
        "direction": None,
        "avoid": [],
        "wanted": [COMEDY],
        "unwanted": [HORROR],
        "conditions": [{"field": "year", "op": "lt", "value": 1990}],
        "like": [],
        "unlike": [],
        "limit": None,
        "weights": None,
        "diversity": None,
    }
    assert answer["notes"] == [] and len(answer["items"]) == 5 and "plan" in answer["took_ms"]
    for item in answer["items"]:
        assert is_comedy(item) and "horror" not in item["fields"]["genres"] and item["fields"]["year"] < 1990


def test_without_words_there_is_no_plan(service: httpx.Client) -> None:
    for body in ({"user_id": "u1"}, {"user_id": "u1", "query": "  "}):
        answer = ask(service, **body)
        assert answer["plan"] is None and "plan" not in answer["took_ms"]


@pytest.mark.parametrize(
    "words",
    [
        "comedies before 1990, no horror",
        "horror or drama from the 80s",
        "like Title 7, not Title 8",
        "three comedies, surprise me",
        "best rated dramas",
        "funny robots",
    ],
)
@pytest.mark.parametrize("who", [{}, {"user_id": "u1"}, {"item_ids": [str(n) for n in range(60)]}], ids=str)
def test_the_plan_in_place_of_its_words_gives_the_same_answer(
    service: httpx.Client, who: dict[str, Any], words: str
) -> None:
    first = ask(service, **who, query=words)
    again = ask(service, **who, plan=first["plan"])
    assert scores(again) == scores(first) and again["plan"] == first["plan"]
    for part in ("notes", "diversity", "degraded", "ignored"):
        assert again[part] == first[part]


def test_an_edited_plan_is_followed(service: httpx.Client) -> None:
    plan = ask(service, query="comedies")["plan"]
    edited = {**plan, "wanted": [{"field": "genres", "value": "drama"}], "limit": 4}
    answer = ask(service, plan=edited)
    assert len(answer["items"]) == 4
    assert all("drama" in item["fields"]["genres"] for item in answer["items"])


@pytest.mark.parametrize(
    ("plan", "field", "hint"),
    [
        ({"wanted": [{"field": "genre", "value": "comedy"}]}, "plan.wanted.0.field", "genres"),
        ({"wanted": [COMEDY, {"field": "genres", "value": "comedi"}]}, "plan.wanted.1.value", "comedy"),
        ({"unwanted": [{"field": "genres", "value": ["horror", "x"]}]}, "plan.unwanted.0.value", "'x'"),
        ({"wanted": [{"field": "title", "value": "a"}]}, "plan.wanted.0.field", "genres"),
        ({"conditions": [{"field": "genres", "op": "lt", "value": 1}]}, "plan.conditions.0.field", "year"),
        ({"conditions": [{"field": "year", "op": "about", "value": 1}]}, "plan.conditions.0.op", "'lt'"),
        ({"like": ["nowhere"]}, "plan.like.0", "nowhere"),
        ({"unlike": ["1", "nowhere"]}, "plan.unlike.1", "nowhere"),
        ({"weights": {"likes": 1}}, "plan.weights.likes", "like"),
        ({"weights": {"like": 0}}, "plan.weights", "at least one"),
        ({"limit": 0}, "plan.limit", "1"),
        ({"diversity": {"strength": 2}}, "plan.diversity.strength", "1"),
        ({"colour": "red"}, "plan.colour", "no field"),
        ({"wanted": [COMEDY] * 31}, "plan.wanted", "30"),
        ({"unwanted": [COMEDY] * 31}, "plan.unwanted", "30"),
        ({"conditions": [{"field": "year", "op": "ne", "value": 1}] * 21}, "plan.conditions", "20"),
        ({"avoid": ["noise"] * 11}, "plan.avoid", "10"),
        ({"avoid": ["noise" * 41]}, "plan.avoid.0", "200"),
        ({"like": ["1"] * 51}, "plan.like", "50"),
        ({"unlike": ["1"] * 51}, "plan.unlike", "50"),
    ],
)
def test_each_part_is_checked(service: httpx.Client, plan: dict[str, Any], field: str, hint: str) -> None:
    response = service.post("/v1/recommend", json={"user_id": "u1", "plan": plan})
    assert response.status_code == 422
    assert response.json()["error"]["field"] == field
    assert hint in response.json()["error"]["message"]


def test_a_query_and_a_plan_together_are_refused(service: httpx.Client) -> None:
    response = service.post("/v1/recommend", json={"query": "comedies", "plan": {"wanted": [COMEDY]}})
    assert response.status_code == 422 and response.json()["error"]["field"] == "plan"


def test_a_condition_that_too_few_items_meet_gives_way_and_is_noted(service: httpx.Client) -> None:
    answer = ask(service, query="comedies from 1960 to 1966", limit=8)
    met = [is_comedy(item) and item["fields"]["year"] <= 1966 for item in answer["items"]]
    few = sum(met)
    assert 0 < few < 8 and len(met) == 8
    assert met == [True] * few + [False] * (8 - few)  # those that meet all come first
    codes = {(note["code"], note["items"]) for note in answer["notes"]}
    assert codes == {("condition_relaxed", few)}


def test_what_is_not_wanted_never_gives_way(service: httpx.Client) -> None:
    answer = ask(service, query="no comedy, no horror", limit=60)
    assert answer["items"]
    assert all(item["fields"]["genres"] == ["drama"] for item in answer["items"])


def test_the_words_of_a_ranking_order_it_and_drop_nothing(service: httpx.Client) -> None:
    items = [str(number) for number in range(20)]
    answer = ask(service, item_ids=items, query="comedies, no horror")
    assert sorted(ids(answer)) == sorted(items) and answer["notes"] == []
    met = [is_comedy(item) and "horror" not in item["fields"]["genres"] for item in answer["items"]]
    assert met == sorted(met, reverse=True) and any(met)


@pytest.mark.parametrize("words", [{"query": "five comedies"}, {"plan": {"wanted": [COMEDY], "limit": 5}}])
def test_a_number_in_the_words_of_a_ranking_drops_nothing(
    service: httpx.Client, words: dict[str, Any]
) -> None:
    items = [str(number) for number in range(20)]
    answer = ask(service, item_ids=items, **words)
    assert sorted(ids(answer)) == sorted(items) and answer["plan"]["limit"] == 5
    assert answer["ignored"] == ["plan.limit"]
    assert len(ask(service, item_ids=items, limit=7, **words)["items"]) == 7


def test_pages_keep_the_plan_and_never_repeat(service: httpx.Client) -> None:
    first = ask(service, query="comedies", limit=6)
    second = ask(service, cursor=first["cursor"])
    assert second["plan"] == first["plan"] and len(second["items"]) == 6
    assert not set(ids(first)) & set(ids(second))
    assert all(map(is_comedy, second["items"]))


@pytest.mark.parametrize(
    "words", [{"query": "dramas"}, {"plan": {"wanted": [{"field": "genres", "value": "drama"}]}}]
)
def test_words_beside_a_cursor_replace_those_of_the_cursor(
    service: httpx.Client, words: dict[str, Any]
) -> None:
    first = ask(service, query="comedies", limit=6)
    second = ask(service, cursor=first["cursor"], **words)
    assert all("drama" in item["fields"]["genres"] for item in second["items"])


@pytest.mark.parametrize(
    ("body", "count"),
    [({}, 3), ({"limit": 2}, 2), ({"limit": 10}, 3)],
)
def test_the_number_of_items_that_the_words_ask_for(
    service: httpx.Client, body: dict[str, Any], count: int
) -> None:
    assert len(ask(service, query="three comedies", **body)["items"]) == count


def test_named_items_are_no_answer_and_their_neighbours_come_first(service: httpx.Client) -> None:
    answer = ask(service, query="something like Title 7", limit=5, diversity={"method": "none"})
    assert answer["plan"]["like"] == ["7"] and "7" not in ids(answer)
    similar = service.get("/v1/items/7/similar", params={"limit": 20}).json()
    assert ids(answer)[0] in [item["item_id"] for item in similar["items"]]


def test_what_the_request_states_itself_takes_precedence(service: httpx.Client) -> None:
    plan = {"weights": {"rating": 1}, "diversity": {"strength": 0.9}, "limit": 9}
    stated = {"weights": {"like": 1}, "diversity": {"strength": 0.1}, "limit": 4}
    answer = ask(service, user_id="u1", plan=plan, **stated)
    assert scores(answer) == scores(ask(service, user_id="u1", **stated))
    assert answer["ignored"] == ["plan.weights", "plan.limit", "plan.diversity"]
    followed = ask(service, user_id="u1", plan=plan)
    alone = ask(service, user_id="u1", limit=9, weights={"rating": 1}, diversity={"strength": 0.9})
    assert scores(followed) == scores(alone) and followed["ignored"] == []


def test_a_label_that_a_put_item_brings_can_be_named_at_once(service: httpx.Client) -> None:
    before = ask(service, query="no westerns")
    assert before["plan"]["unwanted"] == []
    item = {"attributes": {"genres": ["western"], "year": 1999}, "text": {"title": "Dust"}}
    assert service.put("/v1/items/dust", json=item).status_code == 200
    assert ask(service, query="westerns", limit=1)["items"][0]["item_id"] == "dust"
    assert ask(service, query="like Dust")["plan"]["like"] == ["dust"]
    service.delete("/v1/items/dust")


def test_items_that_have_what_was_asked_for_say_so(service: httpx.Client) -> None:
    answer = ask(service, query="comedies", explain=True, limit=5)
    for item in answer["items"]:
        assert "matches_your_query" in [reason["code"] for reason in item["reasons"]]


@pytest.mark.parametrize(
    "words",
    [
        "no a," * 400,
        "a," * 1000,
        "under " + "9" * 400,
        "80s " * 500,
        "like Title 7, " * 140,
        "x" * 2000,
        "\x1f\x00 3",
    ],
    ids=lambda words: words[:12],
)
def test_any_words_are_answered_with_a_plan_that_is_accepted_back(service: httpx.Client, words: str) -> None:
    plan = ask(service, query=words, limit=1)["plan"]
    assert ask(service, plan=plan, limit=1)["plan"] == plan
