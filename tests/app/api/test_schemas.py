"""The wire types: what they take, what they refuse, and which field they name."""

import json

import pytest
from pydantic import BaseModel, ValidationError

from app.api.mapping.filters import parse_filter
from app.api.schemas.batch import BadGroup, BatchRequest, Group
from app.api.schemas.interactions import BadEvent, EventsRequest, StoredEvent
from app.api.schemas.recommendation import RankRequest, RecommendRequest
from app.api.schemas.records import ItemRequest, ReloadRequest, UserRequest
from app.errors import InvalidRequestError, invalid_request
from models.contract.predicate import All, Compare, Operator

ASKED = '"user_id": "42"'


def refusal(model: type[BaseModel], body: str | bytes) -> InvalidRequestError:
    with pytest.raises(ValidationError) as caught:
        model.model_validate_json(body)
    return invalid_request(caught.value.errors())


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
    assert parse_filter(request.filter) == All(
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
    error = refusal(RecommendRequest, f"{{{ASKED}, {fragment}}}")
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


@pytest.mark.parametrize("depth", [20, 100, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [('{"not":', "}"), ('{"all":[', "]}"), ("[", "]")])
def test_a_bomb_of_brackets_is_refused_or_read_but_never_breaks(
    depth: int, opening: str, closing: str
) -> None:
    core = '{"field": "a", "op": "eq", "value": 1}'
    body = f'{{{ASKED}, "filter": {opening * depth}{core}{closing * depth}}}'
    try:
        request = RecommendRequest.model_validate_json(body)
    except ValidationError as error:
        told = invalid_request(error.errors())
        assert told.status == 422 and len(told.message) < 500 and len(told.field or "") <= 300
    else:
        assert request.filter is not None
        parse_filter(request.filter)


def test_moments_are_seconds_however_they_are_written() -> None:
    for written in (
        '"2025-11-21T16:00:00Z"',
        '"2025-11-21t17:00:00.000+01:00"',
        "1763740800",
        "1763740800.0",
    ):
        request = RecommendRequest.model_validate_json(f'{{{ASKED}, "context": {{"timestamp": {written}}}}}')
        assert request.context is not None and request.context.timestamp == 1763740800.0


def test_rank_asks_for_distinct_items() -> None:
    assert refusal(RankRequest, f"{{{ASKED}}}").field == "item_ids"
    assert refusal(RankRequest, f'{{{ASKED}, "item_ids": ["1", "1"]}}').field == "item_ids"
    ids = json.dumps([str(number) for number in range(1001)])
    assert refusal(RankRequest, f'{{{ASKED}, "item_ids": {ids}}}').field == "item_ids"
    request = RankRequest.model_validate_json(f'{{{ASKED}, "item_ids": ["2", "1"]}}')
    assert request.item_ids == ["2", "1"] and request.limit == 1000 and not request.exclude_seen


def test_a_group_fails_alone() -> None:
    body = """{"groups": [{"user_id": "a", "item_ids": [1]}, 3, {"item_ids": ["4"]},
               {"user_id": "b", "item_ids": ["1"], "colour": "red"}]}"""
    first, second, third, fourth = BatchRequest.model_validate_json(body).groups
    assert isinstance(first, BadGroup) and (first.user_id, first.error.field) == ("a", "item_ids.0")
    assert isinstance(second, BadGroup) and second.user_id is None
    assert isinstance(third, Group) and third.item_ids == ["4"]
    assert isinstance(fourth, BadGroup) and fourth.error.field == "colour"


def test_a_call_scores_at_most_10_000_pairs() -> None:
    ids = [str(number) for number in range(5_000)]
    whole = {"groups": [{"item_ids": ids}, {"item_ids": ids}]}
    assert len(BatchRequest.model_validate_json(json.dumps(whole)).groups) == 2
    whole["groups"].append({"item_ids": ["1"]})
    assert refusal(BatchRequest, json.dumps(whole)).field == "groups"


def test_an_events_field_is_named_with_its_place() -> None:
    event = {"user_id": "1", "item_id": "2", "action": "view"}
    body = {"events": [{**event, "item_id": ""}, {}]}
    assert refusal(EventsRequest, json.dumps(body)).field == "events.0.item_id"
    assert refusal(EventsRequest, json.dumps({"events": [{}] * 1000})).field == "events.0.item_id"
    for none in ("[]", "{}", "null", "3"):
        assert refusal(EventsRequest, f'{{"events": {none}}}').field == "events"
    assert refusal(EventsRequest, json.dumps({"events": [event], "colour": 1})).field == "colour"
    assert refusal(EventsRequest, json.dumps({"events": [{}] * 1001})).field == "events"
    assert refusal(EventsRequest, json.dumps({"events": [event] * 1001})).field == "events"
    assert refusal(EventsRequest, json.dumps({"events": [{**event, "rank": 0}]})).field == "events.0.rank"
    assert (
        refusal(EventsRequest, json.dumps({"events": [{**event, "value": 1e300}]})).field == "events.0.value"
    )


def test_an_event_that_cannot_be_read_is_rejected_alone() -> None:
    event = {"user_id": "1", "item_id": "2", "action": "view"}
    torn = [
        {"user_id": "1", "action": "view"},
        {**event, "colour": 1},
        {**event, "timestamp": "yesterday"},
        {**event, "context": {"device": 3}},
        3,
        {**event, **{f"unknown{number}": 1 for number in range(101)}},
    ]
    first, *bad, last = EventsRequest.model_validate_json(
        json.dumps({"events": [event, *torn, event]})
    ).events
    assert isinstance(first, StoredEvent) and first == last and first.item_id == "2"
    fields = [one.error.field for one in bad if isinstance(one, BadEvent)]
    assert fields == ["item_id", "colour", "timestamp", "context.device", None, None]
    assert {one.error.code for one in bad if isinstance(one, BadEvent)} == {"invalid_request"}


def test_an_items_availability_has_two_names_of_which_one_is_given() -> None:
    for name in ("available", "availability"):
        item = ItemRequest.model_validate_json(f'{{"{name}": false}}')
        assert not (item.available and item.availability)
        assert refusal(ItemRequest, f'{{"{name}": 0}}').field == name
    both = refusal(ItemRequest, '{"available": true, "availability": true}')
    assert (both.code, both.field) == ("invalid_request", "availability")


def test_texts_are_given_by_name_or_alone() -> None:
    assert ItemRequest.model_validate_json('{"text": {"title": "x"}}').text == {"title": "x"}
    assert ItemRequest.model_validate_json('{"text": "x"}').text == "x"
    for neither, said in (("5", "5"), ("null", "None"), ("[1]", "a list of 1")):
        error = refusal(ItemRequest, f'{{"text": {neither}}}')
        wanted = "expected a string, or an object of strings by field name"
        assert (error.message, error.field) == (f"{wanted}, given {said}", "text")
    for text, field in (('{"title": 3}', "text.title"), (f'"{"x" * 20_001}"', "text")):
        assert refusal(ItemRequest, f'{{"text": {text}}}').field == field


def test_attributes_are_words_numbers_or_lists_of_words() -> None:
    item = ItemRequest.model_validate_json(
        '{"attributes": {"year": 1999, "title": "x", "genres": ["a", "b"]}}'
    )
    assert item.attributes == {"year": 1999.0, "title": "x", "genres": ("a", "b")}
    for value in ("true", "null", "{}", "[1]", "NaN", "1e999", "1" + "0" * 400, '[""]'):
        assert refusal(ItemRequest, f'{{"attributes": {{"year": {value}}}}}').field == "attributes.year"
    assert refusal(ItemRequest, '{"vectors": {"image": [1, 1e30]}}').field == "vectors.image.1"
    assert refusal(UserRequest, '{"interests": 3}').field == "interests"


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a\\u0000", "a\\n", "/etc", "x" * 129])
def test_a_bundles_name_is_never_a_path(name: str) -> None:
    assert refusal(ReloadRequest, f'{{"bundle": "{name}"}}').field == "bundle"
