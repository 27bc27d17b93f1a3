"""Popularity debiasing over HTTP: its order by hand, pages, reasons, why not, and variants of experiments."""

from typing import Any

import httpx
import numpy as np
import pytest

from models.contract.statistics import TOTAL
from tests.app.http.conftest import ITEM_COUNT
from tests.app.http.test_experiments import SPLIT, put

BODY = {"user_id": "u1", "limit": 8, "diversity": {"method": "none"}}
TOTALS = np.random.default_rng(7).random((ITEM_COUNT, 3), dtype=np.float32)[:, TOTAL]
"""The statistic of the bundle "first"; item n has row n."""


def ask(service: httpx.Client, path: str = "recommend", **body: Any) -> dict[str, Any]:
    answer = service.post(f"/v1/{path}", json={**BODY, **body})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["item_id"] for item in answer["items"]]


def debias(strength: float) -> dict[str, Any]:
    return {"popularity": {"debias": strength}}


@pytest.mark.parametrize("strength", [0.05, 0.7])
def test_the_order_by_hand_and_the_scores_of_the_heads(service: httpx.Client, strength: float) -> None:
    every = {"item_ids": [str(row) for row in range(ITEM_COUNT)], "limit": ITEM_COUNT}
    plain = ask(service, "rank", **every)
    debiased = ask(service, "rank", **every, **debias(strength))
    scores = {item["item_id"]: item["score"] for item in plain["items"]}
    relevance = {name: score - strength * TOTALS[int(name)] / TOTALS.max() for name, score in scores.items()}
    assert ids(debiased) == sorted(relevance, key=lambda name: -relevance[name])
    assert {item["item_id"]: item["score"] for item in debiased["items"]} == scores
    assert ids(debiased) != ids(plain)


def test_without_strength_the_answer_is_the_plain_one(service: httpx.Client) -> None:
    for body in ({}, {"diversity": {"method": "mmr", "strength": 0.4}}, {"explain": True}):
        plain, zero = ask(service, **body), ask(service, **body, **debias(0))
        assert [plain["items"], plain["diversity"]] == [zero["items"], zero["diversity"]]


def test_the_cost_is_part_of_that_of_the_answer(service: httpx.Client) -> None:
    plain, debiased = ask(service), ask(service, **debias(1))
    scores = [np.mean([item["score"] for item in answer["items"]]) for answer in (plain, debiased)]
    assert debiased["diversity"]["relevance_cost"] == pytest.approx(scores[0] - scores[1], abs=1e-6)
    assert plain["diversity"]["relevance_cost"] == 0


def test_the_pages_of_a_list_are_debiased_alike(service: httpx.Client) -> None:
    whole = ask(service, limit=16, **debias(0.7))
    first = ask(service, **debias(0.7))
    second = service.post("/v1/recommend", json={"cursor": first["cursor"]}).json()
    assert ids(first) + ids(second) == ids(whole)
    plain = service.post("/v1/recommend", json={"cursor": first["cursor"], **debias(0)}).json()
    assert ids(plain) != ids(second) and not set(ids(plain)) & set(ids(first))


@pytest.mark.parametrize(
    ("popularity", "field"),
    [
        ({}, "popularity.debias"),
        ({"debias": 1.1}, "popularity.debias"),
        ({"debias": -0.1}, "popularity.debias"),
        ({"debias": "0.5"}, "popularity.debias"),
        ({"debias": None}, "popularity.debias"),
        ({"debias": 0.5, "boost": 1}, "popularity.boost"),
    ],
)
def test_what_is_wrong_is_named(service: httpx.Client, popularity: dict[str, Any], field: str) -> None:
    refused = service.post("/v1/recommend", json={**BODY, "popularity": popularity})
    assert refused.status_code == 422
    assert refused.json()["error"]["field"] == field


def test_what_came_in_by_debiasing_is_told_and_nothing_else(service: httpx.Client) -> None:
    plain, debiased = ids(ask(service)), ask(service, explain=True, **debias(1))
    least = min(item["score"] for item in ask(service)["items"])
    assert set(ids(debiased)) - set(plain)
    for item in debiased["items"]:
        told = {reason["code"]: reason["strength"] for reason in item["reasons"]}
        assert "adds_variety" not in told
        if "less_known" in told:
            assert item["item_id"] not in plain
            assert told["less_known"] == pytest.approx(max(least - item["score"], 0), abs=1e-6)
    assert any("less_known" in {reason["code"] for reason in item["reasons"]} for item in debiased["items"])


def test_an_item_that_debiasing_left_out_is_told_what_it_would_need(service: httpx.Client) -> None:
    plain, debiased = ids(ask(service)), ids(ask(service, **debias(1)))
    for left_out in sorted(set(plain) - set(debiased)):
        verdict = ask(service, "explain", item_id=left_out, **debias(1))
        assert verdict["stopped_by"] | {"place": None} == {
            "stage": "rerank", "rule": "popularity", "place": None,
        }  # fmt: skip
        (need,) = verdict["would_need"][0]
        assert need["change"] == "popularity.debias" and 0 <= need["to"] < 1
        assert left_out in ids(ask(service, **debias(need["to"])))


def test_a_variant_debiases_requests_that_do_not_state_it(service: httpx.Client) -> None:
    variants = [{"name": "all", "share": 0.9, **debias(0.7)}, {"name": "none", "share": 0.1}]
    stored = put(service, "tail", {**SPLIT, "variants": variants})
    assert stored.status_code == 200, stored.text
    assert stored.json()["variants"] == variants
    by_name = ask(service, variant="tail:all")
    assert ids(by_name) == ids(ask(service, **debias(0.7)))
    stated = ask(service, variant="tail:all", **debias(0))
    assert stated["ignored"] == ["variant.popularity"]
    assert "variant" not in ask(service, **debias(0)), "what a request states counts"
    service.delete("/v1/experiments/tail")
    bare = put(service, "tail", {**SPLIT, "variants": [{**variants[0], "popularity": {}}, variants[1]]})
    assert bare.status_code == 422
