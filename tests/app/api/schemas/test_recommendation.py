"""The requests of recommend and rank: what is accepted, what is refused, and the field that is named."""

import json

import pytest

from app.api.mapping.filters import parse_filter
from app.api.schemas.recommendation import RankRequest, RecommendRequest
from models.contract.predicate import All, Compare, Operator
from tests.app.api.schemas.refusals import USER, refusal


def test_the_contracts_own_example_is_taken() -> None:
    body = {
        "user_id": "42",
        "limit": 10,
        "scene": "home",
        "context": {"timestamp": 1763740800, "device": "mobile", "location": "DE"},
        "session": [{"item_id": "1196", "action": "rate", "value": 5, "timestamp": 1763740000}],
        "query": "light-hearted science fiction, nothing scary",
        "weights": {"next": 0.5, "like": 1.0, "daypart": 0.1},
        "diversity": {"method": "mmr", "strength": 0.3, "max_per_category": 4},
        "filter": {
            "all": [
                {"field": "year", "op": "gte", "value": 1990},
                {"field": "genres", "op": "has_any", "value": ["Sci-Fi"]},
            ]
        },
        "exclude_ids": ["260"],
        "exclude_seen": True,
        "fields": ["title", "genres"],
        "explain": True,
        "cursor": None,
    }
    request = RecommendRequest.model_validate_json(json.dumps(body))
    assert request.context is not None and request.context.labels() == {"device": "mobile", "location": "DE"}
    assert request.filter is not None
    assert parse_filter(request.filter, {}) == All(
        (Compare("year", Operator.GTE, 1990.0), Compare("genres", Operator.HAS_ANY, ("Sci-Fi",)))
    )


@pytest.mark.parametrize(
    ("fragment", "field"),
    [
        ('"limit": "3"', "limit"),
        ('"limit": 0', "limit"),
        ('"limit": 101', "limit"),
        ('"limit": 2.5', "limit"),
        ('"limit": true', "limit"),
        ('"exclude_seen": 1', "exclude_seen"),
        ('"colour": 3', "colour"),
        ('"weights": {"next": NaN}', "weights.next"),
        ('"weights": {"next": Infinity}', "weights.next"),
        ('"weights": {"next": 1e999}', "weights.next"),
        ('"weights": {"next": 101}', "weights.next"),
        ('"weights": {"next": true}', "weights.next"),
        ('"weights": {"next": 0, "like": 0}', "weights"),
        ('"weights": {}', "weights"),
        ('"diversity": {"method": "chance"}', "diversity.method"),
        ('"diversity": {"strength": 1.01}', "diversity.strength"),
        ('"context": {"timestamp": 1763740800000}', "context.timestamp"),
        ('"context": {"timestamp": -1}', "context.timestamp"),
        ('"context": {"timestamp": "yesterday"}', "context.timestamp"),
        ('"context": {"timestamp": "2025-02-30T00:00:00Z"}', "context.timestamp"),
        ('"context": {"timestamp": "2025-02-03T00:00:00"}', "context.timestamp"),
        ('"context": {"device": 3}', "context.device"),
        ('"context": {"season": 3}', "context.season"),
        ('"session": [{"item_id": "", "action": "view"}]', "session.0.item_id"),
        ('"session": [{"item_id": "1"}]', "session.0.action"),
        ('"session": [{"item_id": "1", "action": "rate", "value": "5"}]', "session.0.value"),
        ('"session": [{"item_id": "1", "action": "view", "user_id": "1"}]', "session.0.user_id"),
        ('"exclude_ids": [1]', "exclude_ids.0"),
        ('"filter": {"field": "year", "op": "like", "value": 3}', "filter.op"),
        ('"filter": {"all": [{"field": "year", "op": "eq", "value": null}]}', "filter.all.0.value"),
        ('"filter": {"not": {"any": [3]}}', "filter.not.any.0"),
        ('"filter": {"all": []}', "filter.all"),
        ('"filter": [1]', "filter"),
        ('"filter": {"all": [{"field": "a", "op": "in", "value": [[1]]}]}', "filter.all.0.value"),
        (f'"query": "{"x" * 2001}"', "query"),
    ],
)
def test_a_bad_field_is_named(fragment: str, field: str) -> None:
    error = refusal(RecommendRequest, f"{{{USER}, {fragment}}}")
    assert (error.field, error.code) == (field, "invalid_request")
    assert error.message.startswith("expected ")


@pytest.mark.parametrize("user_id", ['""', "7", "null", f'"{"x" * 513}"'])
def test_an_id_is_a_string_of_1_to_512_characters(user_id: str) -> None:
    assert refusal(RecommendRequest, f'{{"user_id": {user_id}}}').field == "user_id"


@pytest.mark.parametrize("user_id", ["a/b", "\x00", "ключ", "🜁" * 512, "a\nb", " "])
def test_no_character_of_an_id_is_forbidden(user_id: str) -> None:
    body = json.dumps({"user_id": user_id})
    assert RecommendRequest.model_validate_json(body).user_id == user_id


@pytest.mark.parametrize("body", ["", "{", "nul", '{"user_id": "\\ud800"}', b"\xff", '{"user_id": "1"}}'])
def test_what_is_not_json_is_told_so(body: str | bytes) -> None:
    assert refusal(RecommendRequest, body).code == "invalid_json"


@pytest.mark.parametrize("body", ["[]", "3", "null", '"x"'])
def test_json_of_another_kind_is_refused(body: str) -> None:
    assert refusal(RecommendRequest, body).code == "invalid_request"


@pytest.mark.parametrize("body", ["{}", '{"query": ""}', '{"limit": 5}', '{"user_id": null, "cursor": null}'])
def test_somebody_or_something_must_be_asked_for(body: str) -> None:
    assert refusal(RecommendRequest, body).field == "user_id"


@pytest.mark.parametrize("body", ['{"session": []}', '{"query": "slow films"}', '{"cursor": "abc"}'])
def test_a_session_a_query_or_a_cursor_is_enough(body: str) -> None:
    assert RecommendRequest.model_validate_json(body).user_id is None


def test_moments_are_seconds_however_they_are_written() -> None:
    for written in (
        '"2025-11-21T16:00:00Z"',
        '"2025-11-21t17:00:00.000+01:00"',
        "1763740800",
        "1763740800.0",
    ):
        request = RecommendRequest.model_validate_json(f'{{{USER}, "context": {{"timestamp": {written}}}}}')
        assert request.context is not None and request.context.timestamp == 1763740800.0


def test_rank_asks_for_distinct_items() -> None:
    assert refusal(RankRequest, f"{{{USER}}}").field == "item_ids"
    assert refusal(RankRequest, f'{{{USER}, "item_ids": ["1", "1"]}}').field == "item_ids"
    ids = json.dumps([str(number) for number in range(1001)])
    assert refusal(RankRequest, f'{{{USER}, "item_ids": {ids}}}').field == "item_ids"
    request = RankRequest.model_validate_json(f'{{{USER}, "item_ids": ["2", "1"]}}')
    assert request.item_ids == ["2", "1"] and request.limit == 1000 and not request.exclude_seen
