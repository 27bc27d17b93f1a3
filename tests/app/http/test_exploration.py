"""Exploration over HTTP: the same seed draws the same list, propensities are told, and caps hold."""

import httpx
import pytest

BODY = {"user_id": "u1", "limit": 8, "explain": True}


def ask(service: httpx.Client, **body: object) -> dict[str, object]:
    answer = service.post("/v1/recommend", json={**BODY, **body})
    assert answer.status_code == 200, answer.text
    told: dict[str, object] = answer.json()
    return told


def ids(answer: dict[str, object]) -> list[str]:
    return [item["item_id"] for item in answer["items"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize("policy", ["epsilon", "softmax", "thompson"])
def test_a_seed_draws_one_list(service: httpx.Client, policy: str) -> None:
    def explore(seed: int) -> dict[str, object]:
        return ask(service, exploration={"policy": policy, "strength": 1, "seed": seed})

    first = explore(1)
    assert ids(first) == ids(explore(1))
    assert any(ids(explore(seed)) != ids(first) for seed in range(2, 12))
    propensities = [item["propensity"] for item in first["items"]]  # type: ignore[attr-defined]
    assert all(0 < value <= 1 for value in propensities) and min(propensities) < 1


def test_without_a_seed_lists_differ(service: httpx.Client) -> None:
    lists = {tuple(ids(ask(service, exploration={"policy": "softmax", "strength": 1}))) for _ in range(12)}
    assert len(lists) > 1


@pytest.mark.parametrize(
    "exploration", [None, {"policy": "none", "strength": 1}, {"policy": "epsilon", "strength": 0}]
)
def test_no_exploration_is_the_plain_list(
    service: httpx.Client, exploration: dict[str, object] | None
) -> None:
    answer = ask(service, exploration=exploration)
    assert ids(answer) == ids(ask(service))
    assert {item["propensity"] for item in answer["items"]} == {1.0}  # type: ignore[attr-defined]


def test_propensities_are_for_explain(service: httpx.Client) -> None:
    answer = ask(service, explain=False, exploration={"policy": "softmax"})
    assert all("propensity" not in item for item in answer["items"])  # type: ignore[attr-defined]


def test_pages_of_an_exploring_list_repeat_nothing(service: httpx.Client) -> None:
    body = {"exploration": {"policy": "epsilon", "strength": 1, "seed": 3}}
    first = ask(service, **body)
    second = service.post("/v1/recommend", json={"cursor": first["cursor"], "limit": 8}).json()
    assert second["items"] and not set(ids(first)) & set(ids(second))


@pytest.mark.parametrize(
    ("exploration", "field"),
    [
        ({"policy": "ucb"}, "exploration.policy"),
        ({}, "exploration.policy"),
        ({"policy": "epsilon", "strength": 1.5}, "exploration.strength"),
        ({"policy": "epsilon", "seed": -1}, "exploration.seed"),
        ({"policy": "epsilon", "seed": 2**63}, "exploration.seed"),
        ({"policy": "epsilon", "rate": 1}, "exploration.rate"),
    ],
)
def test_what_is_wrong_is_named(service: httpx.Client, exploration: dict[str, object], field: str) -> None:
    refused = service.post("/v1/recommend", json={**BODY, "exploration": exploration})
    assert refused.status_code == 422
    assert refused.json()["error"]["field"] == field


def test_what_was_drawn_is_given_as_the_reason(service: httpx.Client) -> None:
    """And the item that the draws left out is told so."""
    plain = ids(ask(service))
    exploration = {"policy": "epsilon", "strength": 1, "seed": 4}
    drawn = ask(service, exploration=exploration)
    codes = {
        item["item_id"]: {reason["code"] for reason in item["reasons"]}
        for item in drawn["items"]  # type: ignore[attr-defined]
    }
    assert set(codes) - set(plain), "this seed draws other items"
    for item_id, told in codes.items():
        assert "adds_variety" not in told or item_id in plain
        assert "explored" not in told or item_id not in plain
    assert any("explored" in told for told in codes.values())
    left_out = next(item_id for item_id in plain if item_id not in codes)
    verdict = service.post(
        "/v1/explain", json={**BODY, "exploration": exploration, "item_id": left_out}
    ).json()
    assert verdict["stopped_by"]["rule"] == "exploration"
    assert verdict["would_need"] == [[{"change": "exploration", "to": None}]]


def test_a_page_of_a_list_without_seed_is_not_explained(service: httpx.Client) -> None:
    cursor = ask(service, exploration={"policy": "softmax"})["cursor"]
    refused = service.post("/v1/explain", json={"cursor": cursor, "item_id": "1"})
    assert refused.status_code == 422
    assert refused.json()["error"]["field"] == "exploration.seed"
