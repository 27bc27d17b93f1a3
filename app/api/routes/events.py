"""POST /v1/events: accepted means stored."""

from collections.abc import Mapping, Sequence

from fastapi import Request, Response

from app.api.dependencies import Serving, guarded_router
from app.api.mapping.interactions import EventRules, rules_of, to_event
from app.api.openapi import answers, body_of
from app.api.responses import json_response, read_body
from app.api.schemas.interactions import BadEvent, EventsRequest, StoredEvent
from app.api.schemas.record_answers import EventsAnswer
from app.errors import InvalidRequestError
from app.state.protocol import RecordedEvent

router = guarded_router("events")


@router.post(
    "/events", openapi_extra=body_of(EventsRequest), responses=answers(EventsAnswer, 401, 413, 422, 429, 503)
)
async def posted(request: Request, serving: Serving) -> Response:
    """Store events. One that cannot be read or taken is rejected by its place; the others are stored."""
    body = await read_body(request, EventsRequest, serving.settings.body_timeout_s)
    bundle, now = serving.runtime.bundle, serving.clock()
    rules = rules_of(bundle.spec, bundle.manifest.heads, now)
    records, rejected = _sorted_out(rules, body.events, now)
    stored = await serving.runtime.store.append(records) if records else []
    accepted = sum(stored)
    duplicates = len(stored) - accepted
    serving.metrics.events(accepted, duplicates, len(rejected))
    return json_response({"accepted": accepted, "duplicates": duplicates, "rejected": rejected})


def _sorted_out(
    rules: EventRules, events: Sequence[StoredEvent | BadEvent], now: float
) -> tuple[list[RecordedEvent], list[Mapping[str, object]]]:
    """What can be stored, and what is rejected, each in the order given."""
    records: list[RecordedEvent] = []
    rejected: list[Mapping[str, object]] = []
    for index, event in enumerate(events):
        try:
            records.append(_record(rules, event, now))
        except InvalidRequestError as error:
            rejected.append({"index": index, "error": error.shape()})
    return records, rejected


def _record(rules: EventRules, event: StoredEvent | BadEvent, now: float) -> RecordedEvent:
    """Raises an InvalidRequestError: the event's own, or that of what the bundle cannot take."""
    if isinstance(event, BadEvent):
        raise event.error
    return RecordedEvent(
        event.user_id, to_event(rules, event, now), event.event_id, event.recommendation_id, event.rank
    )
