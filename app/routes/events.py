"""POST /v1/events: accepted means stored."""

from fastapi import Request, Response

from app.dependencies import Serving, guarded_router
from app.errors import InvalidRequestError
from app.openapi import answers, body_of
from app.responses import json_response, read_body
from app.routes.interactions import EventRules, rules_of, to_event
from app.schemas.interactions import EventsRequest, StoredEvent
from app.schemas.record_answers import EventsAnswer
from app.state.protocol import RecordedEvent

router = guarded_router("events")


@router.post(
    "/events", openapi_extra=body_of(EventsRequest), responses=answers(EventsAnswer, 401, 413, 422, 429, 503)
)
async def posted(request: Request, serving: Serving) -> Response:
    """Store events. One that the bundle cannot take is rejected by its place; the others are stored."""
    body = await read_body(request, EventsRequest, serving.settings.body_timeout_s)
    bundle, now = serving.runtime.bundle, serving.clock()
    rules = rules_of(bundle.spec, bundle.manifest.heads, now)
    records, rejected = [], []
    for index, event in enumerate(body.events):
        try:
            records.append(_record(rules, event, now))
        except InvalidRequestError as error:
            rejected.append({"index": index, "error": error.shape()})
    stored = await serving.runtime.store.append(records) if records else []
    accepted = sum(stored)
    duplicates = len(stored) - accepted
    serving.metrics.events(accepted, duplicates, len(rejected))
    return json_response({"accepted": accepted, "duplicates": duplicates, "rejected": rejected})


def _record(rules: EventRules, event: StoredEvent, now: float) -> RecordedEvent:
    return RecordedEvent(
        event.user_id, to_event(rules, event, now), event.event_id, event.recommendation_id, event.rank
    )
