"""Recommend, rank and batch-score over real HTTP."""

import itertools
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.api.schemas.batch import BatchAnswer
from app.api.schemas.recommendation import RankAnswer, RecommendAnswer


def recommend(service: httpx.Client, **body: object) -> RecommendAnswer:
    response = service.post("/v1/recommend", json=body)
    assert response.status_code == 200, response.text
    return RecommendAnswer.model_validate_json(response.content)


def rank(service: httpx.Client, **body: object) -> RankAnswer:
    response = service.post("/v1/rank", json=body)
    assert response.status_code == 200, response.text
    return RankAnswer.model_validate_json(response.content)


def refused(response: httpx.Response, code: str, field: str | None) -> None:
    assert response.status_code == 422
    error = response.json()["error"]
    assert (error["code"], error["field"]) == (code, field)


def ids(answer: RecommendAnswer | RankAnswer) -> list[str]:
    return [item.item_id for item in answer.items]


SESSION = [{"item_id": "3", "action": "like"}, {"item_id": "4", "action": "rate", "value": 2}]
WHO = [
    {"user_id": "u1"},
    {"user_id": "never-seen"},
    {"session": []},
    {"session": SESSION},
    {"user_id": "u2", "session": SESSION},
    {"query": "funny"},
    {"user_id": "ключ/\n?#%"},
]


@pytest.mark.parametrize("who", WHO, ids=str)
def test_everybody_gets_a_full_list_that_adds_up(service: httpx.Client, who: dict[str, object]) -> None:
    answer = recommend(service, **who, limit=12, explain=True, fields=["title", "genres"])
    assert [item.rank for item in answer.items] == list(range(1, 13))
    assert len(set(ids(answer))) == 12
    assert answer.degraded == (["encode:no_text_encoder"] if "query" in who else [])
    assert {"state", "encode", "retrieve", "score", "rerank", "total"} <= set(answer.took_ms)
    for item in answer.items:
        assert set(item.heads) == {"next", "like", "rating", "genre", "daypart"}
        total = sum(head.contribution for head in item.heads.values())
        assert total == pytest.approx(item.score, abs=1e-6)
        assert item.sources and item.reasons and set(item.fields) == {"title", "genres"}


def test_reasons_and_fields_come_only_when_asked_for(service: httpx.Client) -> None:
    for item in recommend(service, user_id="u1").items:
        assert item.reasons == [] and item.fields == {}


@pytest.mark.parametrize("head", ["next", "like", "genre"])
def test_one_head_and_no_diversity_give_that_heads_order(service: httpx.Client, head: str) -> None:
    answer = recommend(service, user_id="u1", limit=20, weights={head: 1}, diversity={"method": "none"})
    values = [item.heads[head].value for item in answer.items]
    assert values == sorted(values, reverse=True)


def test_pages_inherit_the_query_and_never_repeat(service: httpx.Client) -> None:
    first = recommend(service, user_id="u1", limit=9, fields=["year"], diversity={"method": "none"})
    pages, cursor = [first], first.cursor
    while cursor is not None:
        pages.append(recommend(service, cursor=cursor))
        cursor = pages[-1].cursor
    shown = list(itertools.chain.from_iterable(ids(page) for page in pages))
    assert len(shown) == len(set(shown)) == 50  # 60 items, 10 of them seen
    assert [item.rank for page in pages for item in page.items] == list(range(1, 51))
    assert all(item.fields for page in pages for item in page.items)
    assert len(pages) == 6


def test_a_narrow_filter_fills_the_list_and_its_last_page_says_so(service: httpx.Client) -> None:
    rule = {"all": [{"field": "genres", "op": "has_all", "value": ["comedy", "horror"]}]}
    answer = recommend(service, user_id="new", limit=12, filter=rule, fields=["genres"])
    assert len(answer.items) == 12 and answer.cursor is None
    assert all(item.fields["genres"] == ["comedy", "drama", "horror"] for item in answer.items)


def test_an_event_changes_the_very_next_answer(service: httpx.Client) -> None:
    user_id = uuid4().hex
    before = recommend(service, user_id=user_id)
    event = {"user_id": user_id, "item_id": before.items[0].item_id, "action": "like"}
    assert service.post("/v1/events", json={"events": [event]}).json()["accepted"] == 1
    after = recommend(service, user_id=user_id)
    assert before.items[0].item_id not in ids(after)
    again = recommend(service, user_id=user_id, exclude_seen=False, limit=60)
    assert before.items[0].item_id in ids(again)


def longest_run(genres: list[set[str]]) -> int:
    """The most items in a row that share a genre."""
    runs = [
        end - start
        for start, end in itertools.combinations(range(len(genres) + 1), 2)
        if set.intersection(*genres[start:end])
    ]
    return max(runs, default=0)


@pytest.mark.parametrize(("most", "limit"), [(1, 4), (2, 4), (1, 1)])
def test_no_run_of_a_genre_is_longer_than_asked_for_over_all_pages(
    service: httpx.Client, most: int, limit: int
) -> None:
    """The items have three genres in turn, each fifth item all of them."""
    asked = {"user_id": "u1", "fields": ["genres"], "limit": limit}
    plain = recommend(service, **asked, diversity={"method": "none"})
    first = recommend(service, **asked, diversity={"method": "none", "max_consecutive": most})
    pages = [first]
    while len(pages) * limit < 8:
        pages.append(recommend(service, cursor=pages[-1].cursor))
    items = [item for page in pages for item in page.items]
    assert len({item.item_id for item in items}) == 8
    assert longest_run([set(item.fields["genres"]) for item in items]) <= most
    assert ids(first)[0] == ids(plain)[0]
    assert all(page.degraded == [] for page in pages)


def test_a_limit_of_runs_yields_where_every_item_has_the_genre(service: httpx.Client) -> None:
    rule = {"field": "genres", "op": "has_any", "value": ["horror"]}
    asked = {"user_id": "u1", "filter": rule, "limit": 6}
    plain = recommend(service, **asked, diversity={"method": "none"})
    limited = recommend(service, **asked, diversity={"method": "none", "max_consecutive": 2})
    assert ids(limited) == ids(plain)
    assert limited.degraded == ["rerank:category_run_exceeded"]


def test_ranked_items_are_kept_apart_and_all_answered(service: httpx.Client) -> None:
    asked = ["1", "4", "7", "2", "8", "11"]  # genres 1, 1, 1 and 2, 2, 2
    answer = rank(
        service,
        user_id="u2",
        item_ids=asked,
        fields=["genres"],
        diversity={"max_consecutive": 1, "strength": 0},
    )
    assert sorted(ids(answer)) == sorted(asked)
    assert longest_run([set(item.fields["genres"]) for item in answer.items]) == 1


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"scene": "nowhere"}, "unknown_scene", "scene"),
        ({"weights": {"colour": 1}}, "unknown_head", "weights.colour"),
        ({"fields": ["title", "colour"]}, "unknown_field", "fields.1"),
        ({"fields": ["image"]}, "unknown_field", "fields.0"),
        ({"session": [{"item_id": "1", "action": "hum"}]}, "unknown_action", "session.0.action"),
        ({"session": [{"item_id": "1", "action": "rate"}]}, "missing_value", "session.0.value"),
        ({"filter": {"field": "colour", "op": "eq", "value": "x"}}, "invalid_filter", "filter.colour"),
        ({"cursor": "nonsense"}, "invalid_cursor", "cursor"),
        ({"limit": 101}, "invalid_request", "limit"),
        ({"diversity": {"max_consecutive": 0}}, "invalid_request", "diversity.max_consecutive"),
        ({"diversity": {"max_consecutive": 1.5}}, "invalid_request", "diversity.max_consecutive"),
        ({"colour": 1}, "invalid_request", "colour"),
    ],
)
def test_what_cannot_be_meant_is_422_with_the_field(
    service: httpx.Client, body: dict[str, object], code: str, field: str
) -> None:
    refused(service.post("/v1/recommend", json={"user_id": "u1", **body}), code, field)


def test_scenes_and_known_context_are_taken(service: httpx.Client) -> None:
    answer = recommend(service, user_id="u1", scene="home", context={"season": "winter", "device": "tv"})
    assert all(item.heads["next"].contribution == 0 for item in answer.items)
    assert answer.ignored == ["context.device"]


def test_rank_answers_exactly_these_and_the_unknown_last(service: httpx.Client) -> None:
    answer = rank(service, user_id="u1", item_ids=["nope", "12", "5", "30", "nada"])
    assert sorted(ids(answer)[:3]) == ["12", "30", "5"] and ids(answer)[3:] == ["nope", "nada"]
    assert [item.rank for item in answer.items] == [1, 2, 3, 4, 5]
    assert answer.cursor is None
    only_unknown = rank(service, user_id="u1", item_ids=["nope"])
    assert ids(only_unknown) == ["nope"]


def test_rank_keeps_seen_items_unless_told_otherwise(service: httpx.Client) -> None:
    seen = ["10", "11"]  # of u1's training history
    assert sorted(ids(rank(service, user_id="u1", item_ids=seen))) == seen
    assert ids(rank(service, user_id="u1", item_ids=[*seen, "40"], exclude_seen=True)) == ["40"]


def test_what_was_seen_longest_ago_stays_seen(service: httpx.Client) -> None:
    """More events than a history holds: the first item's is long gone, and the item still does not come back."""
    user_id = uuid4().hex
    first = {"user_id": user_id, "item_id": "40", "action": "like", "timestamp": 1_700_000_000}
    later = [{**first, "item_id": "41", "timestamp": 1_700_000_001 + n} for n in range(1_000)]
    for batch in ([first], later):
        assert service.post("/v1/events", json={"events": batch}).json()["accepted"] == len(batch)
    known = service.get(f"/v1/users/{user_id}").json()
    assert known["past_item_ids"] == ["40"] and len(known["events"]) == 1_000
    found = ids(recommend(service, user_id=user_id, limit=60))
    assert len(found) == 58 and not {"40", "41"} & set(found)


def test_rank_goes_on_where_its_page_ended(service: httpx.Client) -> None:
    asked = [str(number) for number in range(20, 27)] + ["nope"]
    first = rank(service, user_id="u1", item_ids=asked, limit=5)
    second = rank(service, cursor=first.cursor)
    assert sorted([*ids(first), *ids(second)]) == sorted(asked)
    assert ids(second)[-1] == "nope" and second.cursor is None


def test_a_thousand_items_are_ranked(service: httpx.Client) -> None:
    asked = [str(number) for number in range(1000)]
    answer = rank(service, session=[], item_ids=asked)
    assert sorted(ids(answer)) == sorted(asked)


GROUPS = [
    {"user_id": "u1", "item_ids": ["1", "nope", "2", "1"]},
    {"user_id": "u1", "item_ids": ["1"], "session": [{"item_id": "1", "action": "hum"}]},
    {"user_id": 7, "item_ids": ["1"]},
    {"item_ids": ["2"], "session": SESSION, "context": {"timestamp": "2025-11-21T16:00:00Z"}},
    {"user_id": "u2", "item_ids": ["nope"]},
]


def test_a_batchs_groups_fail_alone_and_keep_their_order(service: httpx.Client) -> None:
    response = service.post("/v1/batch-score", json={"groups": GROUPS * 3})
    assert response.status_code == 200
    answer = BatchAnswer.model_validate_json(response.content)
    assert [group.status for group in answer.groups] == ["ok", "error", "error", "ok", "ok"] * 3
    raw = response.json()["groups"]
    assert [pair["item_id"] for pair in raw[0]["scores"]] == ["1", "nope", "2", "1"]
    assert raw[0]["scores"][1] == {"item_id": "nope", "unknown": True}
    assert raw[0]["scores"][0] == raw[0]["scores"][3]
    assert raw[1]["error"]["code"] == "unknown_action" and raw[1]["error"]["field"] == "session.0.action"
    assert raw[2]["error"]["field"] == "user_id"


ASKED: list[dict[str, Any]] = [
    {"user_id": "u3", "context": {"timestamp": 1763740800}},
    {"session": SESSION, "context": {"season": "winter", "timestamp": 1763700000}},
    {"user_id": "u1", "context": {"season": "winter"}},
    {"user_id": "u3", "session": SESSION, "context": {"season": "summer", "timestamp": 1763740800}},
    {"user_id": "nobody", "context": {}},
]


def test_a_batch_scores_as_rank_does(service: httpx.Client) -> None:
    """A user's groups are scored together, and come out in their places."""
    groups = [
        {**asked, "item_ids": ["1", str(place), "40"]} for place, asked in enumerate(ASKED * 3, start=2)
    ]
    batch = service.post("/v1/batch-score", json={"groups": groups}).json()["groups"]
    for group, found in zip(groups, batch, strict=True):
        ranked = service.post("/v1/rank", json={"session": [], **group}).json()
        by_id = {item["item_id"]: item for item in ranked["items"]}
        assert found["user_id"] == group.get("user_id")
        assert [pair["item_id"] for pair in found["scores"]] == group["item_ids"]
        for pair in found["scores"]:
            assert pair["score"] == pytest.approx(by_id[pair["item_id"]]["score"], abs=1e-5)
            for head, value in pair["heads"].items():
                assert value == pytest.approx(by_id[pair["item_id"]]["heads"][head]["value"], abs=1e-5)


def test_a_batch_streams_a_line_a_group(service: httpx.Client) -> None:
    accept = {"Accept": "application/x-ndjson"}
    with service.stream("POST", "/v1/batch-score", json={"groups": GROUPS}, headers=accept) as response:
        assert response.headers["content-type"].startswith("application/x-ndjson")
        lines = [json.loads(line) for line in response.iter_lines()]
    plain = service.post("/v1/batch-score", json={"groups": GROUPS}).json()["groups"]
    assert [line["status"] for line in lines] == [group["status"] for group in plain]
    assert lines[1] == plain[1]


def test_ten_thousand_pairs_fit_and_one_more_does_not(service: httpx.Client) -> None:
    asked = [f"item-{number:058}" for number in range(10_000)]
    assert service.post("/v1/batch-score", json={"groups": [{"item_ids": asked}]}).status_code == 200
    over = service.post("/v1/batch-score", json={"groups": [{"item_ids": asked}, {"item_ids": ["1"]}]})
    refused(over, "invalid_request", "groups")
