"""Critiques over real HTTP: opinions become events, the plan is amended, and the next list follows."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.access.api_key import KeyRequest, create_key
from app.access.roles import Role
from tests.app.http.access_calls import Serve, bearer, code, store_in_redis

LIMIT = 6


def ask(service: httpx.Client, **body: Any) -> dict[str, Any]:
    response = service.post("/v1/recommend", json={"limit": LIMIT, **body})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["item_id"] for item in answer["items"]]


def test_praise_and_refusal_are_events_and_the_next_list_has_neither(service: httpx.Client) -> None:
    user = uuid4().hex
    first = ask(service, user_id=user)
    shown = ids(first)
    critique = {
        "of": first["recommendation_id"],
        "text": "the first two are great, not the third, more like that",
    }
    second = ask(service, user_id=user, critique=critique)
    expected = {
        "of": critique["of"],
        "praised": shown[:2],
        "refused": shown[2:3],
        "stored": 3,
        "duplicates": 0,
    }
    assert second["critique"] == {**expected, "ignored": False} or second["critique"] == expected
    assert (second["plan"]["like"], second["plan"]["unlike"]) == (shown[:2], shown[2:3])
    assert not set(shown[:3]) & set(ids(second)) and len(ids(second)) == LIMIT
    stored = service.get(f"/v1/users/{user}").json()["events"]
    assert [(event["item_id"], event["action"]) for event in stored] == [
        (shown[0], "like"),
        (shown[1], "like"),
        (shown[2], "dislike"),
    ]
    assert {(event["recommendation_id"], event["rank"]) for event in stored} == {
        (critique["of"], 1),
        (critique["of"], 2),
        (critique["of"], 3),
    }
    repeated = ask(service, user_id=user, critique=critique)
    assert (repeated["critique"]["stored"], repeated["critique"]["duplicates"]) == (0, 3)
    assert len(service.get(f"/v1/users/{user}").json()["events"]) == 3


def test_a_dialogue_goes_on_from_the_plan_of_before(service: httpx.Client) -> None:
    user = uuid4().hex
    first = ask(service, user_id=user, plan={"wanted": [{"field": "genres", "value": "drama"}]})
    second = ask(
        service, user_id=user, critique={"of": first["recommendation_id"], "text": "the first is good"}
    )
    third = ask(service, user_id=user, critique={"of": second["recommendation_id"], "text": "最后一个不好"})
    assert second["plan"]["wanted"] == third["plan"]["wanted"] == [{"field": "genres", "value": "drama"}]
    assert third["plan"]["like"] == ids(first)[:1]
    assert third["plan"]["unlike"] == ids(second)[-1:]


def test_what_is_kept_stands_first(service: httpx.Client) -> None:
    user = uuid4().hex
    first = ask(service, user_id=user)
    critique = {"of": first["recommendation_id"], "text": "前两个很棒，不要第三个", "keep": True}
    second = ask(service, user_id=user, critique=critique)
    assert ids(second)[:2] == ids(first)[:2] and ids(first)[2] not in ids(second)
    assert [item["rank"] for item in second["items"]] == list(range(1, LIMIT + 1))
    assert len(set(ids(second))) == LIMIT
    more = service.post("/v1/recommend", json={"cursor": second["cursor"]}).json()
    assert not set(ids(more)) & {*ids(second), ids(first)[2]}, (
        "the next page goes on, without what was refused"
    )
    assert more["plan"] == second["plan"]


def test_a_refusal_of_what_was_not_shown_is_stored(service: httpx.Client) -> None:
    user = uuid4().hex
    first = ask(service, user_id=user, limit=3)
    hidden = next(str(number) for number in range(60) if str(number) not in ids(first))
    text = f"I did not like Title {hidden}"
    second = ask(service, user_id=user, critique={"of": first["recommendation_id"], "text": text}, limit=59)
    assert second["critique"]["refused"] == [hidden] and hidden not in ids(second)
    (event,) = service.get(f"/v1/users/{user}").json()["events"]
    assert (event["item_id"], event["action"], event["rank"]) == (hidden, "dislike", None)


def test_a_visitor_without_an_id_keeps_it_for_this_answer(service: httpx.Client) -> None:
    first = ask(service, session=[])
    critique = {"of": first["recommendation_id"], "text": "I like the first, the others are boring"}
    second = ask(service, critique=critique)
    assert (second["critique"]["stored"], second["critique"]["refused"]) == (0, ids(first)[1:])
    assert not set(ids(first)) & set(ids(second))


def test_what_is_near_what_was_refused_falls(service: httpx.Client) -> None:
    """All of one genre are refused: the genre is rarer in the list of the critique than in that of before."""
    user = uuid4().hex
    how = {"fields": ["genres"], "weights": {"next": 1}, "diversity": {"method": "none", "strength": 0}}
    first = ask(service, user_id=user, limit=12, **how)
    genres = [item["fields"]["genres"] for item in first["items"]]
    good = [place for place, each in enumerate(genres, start=1) if "comedy" in each]
    bad = [place for place, each in enumerate(genres, start=1) if "comedy" not in each]
    assert good and bad
    numbers = [" and ".join(f"number {place}" for place in places) for places in (good, bad)]
    critique = {"of": first["recommendation_id"], "text": f"{numbers[0]} are great, {numbers[1]} are bad"}
    second = ask(service, user_id=user, limit=6, critique=critique, **how)
    share = sum("comedy" in item["fields"]["genres"] for item in second["items"]) / 6
    assert share > len(good) / 12 + 0.2


def test_older_ones_are_older_than_the_middle_of_what_was_shown(service: httpx.Client) -> None:
    first = ask(service, user_id="u1", fields=["year"])
    second = ask(service, user_id="u1", critique={"of": first["recommendation_id"], "text": "older please"})
    years = sorted(item["fields"]["year"] for item in first["items"])
    (condition,) = second["plan"]["conditions"]
    assert condition == {"field": "year", "op": "lt", "value": (years[2] + years[3]) / 2}


def test_words_that_say_nothing_are_said_to_be_ignored(service: httpx.Client) -> None:
    first = ask(service, user_id="u1")
    second = ask(service, user_id="u1", critique={"of": first["recommendation_id"], "text": "yes please!"})
    assert second["critique"]["ignored"] is True and ids(second) == ids(first)


@pytest.mark.parametrize("who", [{"user_id": "somebody else"}, {"session": []}])
def test_an_answer_of_another_user_is_unknown(service: httpx.Client, who: dict[str, Any]) -> None:
    first = ask(service, user_id="u1")
    body = {**who, "critique": {"of": first["recommendation_id"], "text": "great"}}
    answer = service.post("/v1/recommend", json=body)
    assert code(answer) == (422, "unknown_recommendation")
    assert answer.json()["error"]["field"] == "critique.of"


def test_an_answer_that_was_never_given_is_unknown(service: httpx.Client) -> None:
    body = {"user_id": "u1", "critique": {"of": "never", "text": "the first is great"}}
    answer = service.post("/v1/recommend", json=body)
    assert code(answer) == (422, "unknown_recommendation")


@pytest.mark.parametrize("beside", [{"query": "funny"}, {"plan": {}}, {"cursor": "x"}])
def test_a_critique_stands_alone(service: httpx.Client, beside: dict[str, Any]) -> None:
    body = {"user_id": "u1", "critique": {"of": "r", "text": "great"}, **beside}
    answer = service.post("/v1/recommend", json=body)
    assert answer.status_code == 422 and answer.json()["error"]["field"] == "critique"


def test_a_ranking_takes_no_critique(service: httpx.Client) -> None:
    body = {"user_id": "u1", "item_ids": ["1"], "critique": {"of": "r", "text": "great"}}
    answer = service.post("/v1/rank", json=body)
    assert answer.status_code == 422 and answer.json()["error"]["field"] == "critique"


@pytest.mark.parametrize(
    ("plan", "text"),
    [
        ({}, ".".join(f"no z{number}" for number in range(250))),
        ({}, ",".join(f"w{number}" for number in range(400))),
        ({"direction": "x" * 1994}, "more space adventures"),
        ({"avoid": [f"text {number}" for number in range(10)]}, "no zither"),
        ({}, "no " + "zither " * 280),
        ({"wanted": [{"field": "genres", "value": "drama"}] * 30}, "more comedies"),
        ({"unwanted": [{"field": "genres", "value": "drama"}] * 30}, "no comedies"),
        ({"conditions": [{"field": "year", "op": "ne", "value": year} for year in range(20)]}, "older"),
    ],
    ids=lambda part: str(part)[:20],
)
def test_any_words_after_any_plan_give_one_that_is_accepted_back(
    service: httpx.Client, plan: dict[str, Any], text: str
) -> None:
    first = ask(service, user_id="u1", plan=plan)
    second = ask(service, user_id="u1", critique={"of": first["recommendation_id"], "text": text})
    assert second["plan"] is not None and second["plan"] != first["plan"]
    assert ask(service, user_id="u1", plan=second["plan"])["plan"] == second["plan"]


@pytest.mark.parametrize(
    ("wishes", "read"),
    [
        ([f"no z{number}" for number in range(20)], 10),  # 12 are read, of which a plan keeps 10
        ([f"no z{number} {'zz ' * 60}" for number in range(9)], 2),
        ([f"no {'z' * 190} {number}" * 4 for number in range(2)], 1),
    ],
)
def test_the_last_wishes_are_read(service: httpx.Client, wishes: list[str], read: int) -> None:
    first = ask(service, user_id="u1")
    critique = {"of": first["recommendation_id"], "text": ". ".join(wishes)}
    avoided = ask(service, user_id="u1", critique=critique)["plan"]["avoid"]
    assert len(avoided) == read
    assert [text[:2] for text in avoided] == ["z" + wish[4] for wish in wishes[-read:]]


def test_the_same_words_again_and_again_are_one_wish(service: httpx.Client) -> None:
    answer = ask(service, user_id="u1")
    plans = []
    for _ in range(3):
        critique = {"of": answer["recommendation_id"], "text": "more slow robots, no loud music"}
        answer = ask(service, user_id="u1", critique=critique)
        plans.append(answer["plan"])
    assert plans[0]["direction"] and plans[0]["avoid"]
    assert plans[0] == plans[1] == plans[2]


@pytest.mark.parametrize(
    "full",
    [
        {"session": [{"item_id": "1", "action": "listen", "timestamp": number} for number in range(500)]},
        {"session": [], "exclude_ids": [f"{number:03x}" for number in range(4096)] * 2 + ["x"] * 1808},
    ],
    ids=["session", "exclude_ids"],
)
def test_the_cursor_of_the_fullest_request_is_valid(service: httpx.Client, full: dict[str, Any]) -> None:
    first = ask(service, **full)
    critique = {"of": first["recommendation_id"], "text": "the first is great, the second is bad"}
    second = ask(service, **full, critique=critique)
    assert second["cursor"] is not None
    third = ask(service, cursor=second["cursor"])
    assert third["plan"] == second["plan"] and not set(ids(first)[:2]) & set(ids(third))


def test_an_item_that_is_gone_can_be_talked_about(serve: Serve) -> None:
    user = uuid4().hex
    with serve() as service:
        item = {"attributes": {"genres": ["drama"]}, "text": {"title": "Dust"}}
        assert service.put("/v1/items/dust", json=item).status_code == 200
        ranked = service.post("/v1/rank", json={"user_id": user, "item_ids": ["dust", "1", "2"]}).json()
        assert service.delete("/v1/items/dust").status_code in (200, 204)
    place = ids(ranked).index("dust") + 1
    with serve() as service:
        text = f"number {place} is great, the others are bad"
        answer = ask(service, user_id=user, critique={"of": ranked["recommendation_id"], "text": text})
        assert answer["critique"]["praised"] == ["dust"] and answer["critique"]["stored"] == 3
        assert answer["plan"]["like"] == [] and sorted(answer["plan"]["unlike"]) == ["1", "2"]
        assert answer["ignored"] == []


def test_a_critique_needs_the_right_to_send_events(serve: Serve, redis_url: str) -> None:
    reader, reading = create_key(KeyRequest((Role.RECOMMEND,)), 0.0)
    writer, writing = create_key(KeyRequest((Role.RECOMMEND, Role.EVENTS)), 0.0)
    store_in_redis(redis_url, reading, writing)
    with serve(api_key="k" * 32) as service:
        body: dict[str, Any] = {"user_id": "u1", "limit": 3}
        given = service.post("/v1/recommend", json=body, headers=bearer(reader)).json()["recommendation_id"]
        body["critique"] = {"of": given, "text": "the first is great"}
        refused = service.post("/v1/recommend", json=body, headers=bearer(reader))
        assert code(refused) == (403, "forbidden") and refused.json()["error"]["field"] == "critique"
        taken = service.post("/v1/recommend", json=body, headers=bearer(writer))
        assert taken.status_code == 200 and taken.json()["critique"]["stored"] == 1
