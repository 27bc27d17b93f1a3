"""Events to be stored: bad ones are rejected alone, by their position."""

import json

from app.api.schemas.events import EventsRequest, StoredEvent
from app.api.schemas.rows import BadRow
from tests.app.api.schemas.refusals import refusal


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
    fields = [one.error.field for one in bad if isinstance(one, BadRow)]
    assert fields == ["item_id", "colour", "timestamp", "context.device", None, None]
    assert {one.error.code for one in bad if isinstance(one, BadRow)} == {"invalid_request"}
