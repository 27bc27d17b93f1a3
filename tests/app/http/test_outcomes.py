"""Outcomes, over real HTTP and a real Redis: what was shown and taken is counted, and shared by replicas."""

import time
from typing import Any

import httpx
import pytest

from app.api.schemas.outcomes import OutcomesAnswer
from tests.app.http.access_calls import Serve

DEADLINE_S = 60


def ask(service: httpx.Client, by: str = "", since: int = 3600) -> dict[str, Any]:
    response = service.get("/v1/outcomes", params={"by": by, "since": since})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    OutcomesAnswer.model_validate_json(response.content)
    return answer


def measured(service: httpx.Client, name: str) -> float:
    lines = [line for line in service.get("/metrics").text.splitlines() if line.startswith(f"{name} ")]
    return float(lines[0].rpartition(" ")[2]) if lines else 0.0


def wait_for(service: httpx.Client, name: str, count: float = 1) -> None:
    until = time.monotonic() + DEADLINE_S
    while measured(service, name) < count:
        assert time.monotonic() < until, f"{name} does not reach {count}"
        time.sleep(0.05)


def recommend(service: httpx.Client, user: str, **body: Any) -> dict[str, Any]:
    response = service.post("/v1/recommend", json={"user_id": user, "limit": 3, **body})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def post(service: httpx.Client, user: str, answer: str, item: str, action: str, value: float | None) -> None:
    event = {"user_id": user, "item_id": item, "action": action, "recommendation_id": answer}
    told = event if value is None else {**event, "value": value}
    assert service.post("/v1/events", json={"events": [told]}).json()["accepted"] == 1


def test_what_one_replica_showed_and_another_heard_is_counted(serve: Serve) -> None:
    with serve() as service, serve() as other:
        answer = recommend(service, "u1", scene="home")
        recommend(service, "u2")
        wait_for(service, 'chorus_outcome_impressions_total{scene="home"}', 3)
        wait_for(service, 'chorus_outcome_impressions_total{scene=""}', 3)
        first, second = answer["items"][0], answer["items"][1]
        given = answer["recommendation_id"]
        post(other, "u1", given, first["item_id"], "listen", None)
        post(other, "u1", given, first["item_id"], "rate", 5.0)
        post(other, "u1", given, second["item_id"], "rate", 2.0)
        post(other, "u1", given, "no such item", "listen", None)
        wait_for(other, 'chorus_event_joins_total{outcome="matched"}', 3)
        wait_for(other, 'chorus_event_joins_total{outcome="other_item"}')
        assert measured(other, 'chorus_outcome_takes_total{scene="home"}') == 2
        told = ask(service, "scene,rank")
        assert (told["total"]["impressions"], told["total"]["takes"]) == (6, 2)
        assert told["total"]["value_per_take"] == 3.5
        groups = {(group["scene"], group["rank"]): group for group in told["groups"]}
        assert set(groups) == {
            ("home", "1"),
            ("home", "2"),
            ("home", "3"),
            (None, "1"),
            (None, "2"),
            (None, "3"),
        }
        assert groups["home", "1"]["take_rate"] == 1.0 and groups["home", "1"]["value_per_impression"] == 5.0
        low, high = groups["home", "3"]["take_rate_interval"]
        assert low == 0.0 and 0.5 < high < 1.0 and groups["home", "3"]["value_per_take"] is None
        (like,) = told["calibration"]
        predicted = (first["heads"]["like"]["value"] + second["heads"]["like"]["value"]) / 2
        assert (like["head"], like["labels"], like["observed"]) == ("like", 2, 0.5)
        assert (
            like["predicted"] == pytest.approx(predicted) and like["model_version"] == answer["model_version"]
        )
        by_source = ask(other, "source,item_age,model_version,variant")
        assert by_source["total"] == told["total"]
        assert {group["item_age"] for group in by_source["groups"]} <= {"new", "older"}
        assert {group["variant"] for group in by_source["groups"]} == {None}
        assert "neighbours" in {group["source"] for group in by_source["groups"]}


def test_an_answer_that_was_never_given_is_counted_as_unmatched(serve: Serve) -> None:
    with serve() as service:
        post(service, "u3", "never", "7", "listen", None)
        wait_for(service, 'chorus_event_joins_total{outcome="unmatched"}')
        assert measured(service, 'chorus_event_joins_total{outcome="matched"}') == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"by": "scenes"}, "by"),
        ({"by": "scene,scene"}, "by"),
        ({"by": "scene,,rank"}, "by"),
        ({"by": "x" * 300}, "by"),
        ({"since": "0"}, "since"),
        ({"since": "604801"}, "since"),
        ({"since": "an hour"}, "since"),
        ({"per": "scene"}, "per"),
    ],
)
def test_a_wrong_question_is_refused(service: httpx.Client, query: dict[str, str], field: str) -> None:
    response = service.get("/v1/outcomes", params=query)
    assert response.status_code == 422
    assert response.json()["error"]["field"] == field, response.text


def test_without_impressions_there_is_nothing_to_count(serve: Serve) -> None:
    with serve(impression_entries=0) as service:
        before = ask(service)["total"]
        answer = recommend(service, "u1")
        post(service, "u1", answer["recommendation_id"], answer["items"][0]["item_id"], "listen", None)
        assert ask(service)["total"] == before
        assert "chorus_event_joins_total{" not in service.get("/metrics").text


def test_freshness_is_from_the_event_to_the_next_answer(serve: Serve) -> None:
    with serve() as service:
        recommend(service, "u4")
        post(service, "u4", "never", "7", "listen", None)
        recommend(service, "u2")
        assert measured(service, "chorus_freshness_seconds_count") == 0
        recommend(service, "u4")
        wait_for(service, "chorus_freshness_seconds_count")
        assert measured(service, "chorus_freshness_seconds_count") == 1
