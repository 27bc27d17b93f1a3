"""POST /v1/events: store events."""

from collections.abc import Sequence
from typing import Any

from fastapi import Response

from app.api.api_keys import QUERY_SECURITY
from app.api.dependencies import Serving
from app.api.guarded_route import make_guarded_router
from app.api.mapping.interactions import EventRules, build_rules, to_event
from app.api.openapi import BODY_ERRORS, error_answers
from app.api.request_body import Json
from app.api.responses import json_response
from app.api.schemas.events import BadEvent, EventsAnswer, EventsRequest, StoredEvent
from app.errors import InvalidRequestError
from app.state.protocol import RecordedEvent

router = make_guarded_router("events")


@router.post(
    "/events",
    response_model=EventsAnswer,
    responses=error_answers(*BODY_ERRORS),
    dependencies=[QUERY_SECURITY],
)
async def post_events(body: Json[EventsRequest], service: Serving) -> Response:
    """Store events. Bad ones are rejected with their position in the call; the others are stored."""
    bundle, now = service.runtime.bundle, service.clock()
    rules = build_rules(bundle.spec, bundle.manifest.heads, now)
    records, rejected = _split_events(rules, body.events, now)
    stored = await service.runtime.store.append(records) if records else []
    accepted = sum(stored)
    duplicates = len(stored) - accepted
    service.metrics.count_events(accepted, duplicates, len(rejected))
    return json_response({"accepted": accepted, "duplicates": duplicates, "rejected": rejected})


def _split_events(
    rules: EventRules, events: Sequence[StoredEvent | BadEvent], now: float
) -> tuple[list[RecordedEvent], list[dict[str, Any]]]:
    """The events that can be stored, and the rejections of the others; both in the order of the request."""
    records: list[RecordedEvent] = []
    rejected: list[dict[str, Any]] = []
    for index, event in enumerate(events):
        try:
            records.append(_to_record(rules, event, now))
        except InvalidRequestError as error:
            rejected.append({"index": index, "error": error.shape()})
    return records, rejected


def _to_record(rules: EventRules, event: StoredEvent | BadEvent, now: float) -> RecordedEvent:
    """Raises InvalidRequestError for an event that could not be parsed, or that the bundle cannot take."""
    if isinstance(event, BadEvent):
        raise event.error
    return RecordedEvent(
        event.user_id, to_event(rules, event, now), event.event_id, event.recommendation_id, event.rank
    )
