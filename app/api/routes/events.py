"""POST /v1/events: store events."""

from collections.abc import Sequence

from fastapi import Response
from starlette.background import BackgroundTask

from app.api.api_keys import QUERY_SECURITY
from app.api.dependencies import CallersTenant, Service, Serving
from app.api.guarded_route import make_guarded_router
from app.api.mapping.events import events_answer
from app.api.mapping.ignored_inputs import name_ignored_of_events
from app.api.mapping.interactions import build_rules, to_event
from app.api.openapi import BODY_ERRORS, error_answers
from app.api.request_body import Json
from app.api.responses import json_response
from app.api.routes.rows import split_rows
from app.api.schemas.events import EventsAnswer, EventsRequest, StoredEvent
from app.outcomes.join import make_rules
from app.state.protocol import Appended, RecordedEvent
from app.tenant import Tenant

router = make_guarded_router("events")


@router.post(
    "/events",
    response_model=EventsAnswer,
    responses=error_answers(*BODY_ERRORS),
    dependencies=[QUERY_SECURITY],
)
async def post_events(body: Json[EventsRequest], tenant: CallersTenant, service: Serving) -> Response:
    """Store events. Bad ones are rejected with their position in the call; the others are stored."""
    bundle, now = tenant.bundle, service.clock()
    rules = build_rules(bundle.spec, bundle.manifest.heads, now)

    def convert(event: StoredEvent) -> RecordedEvent:
        return RecordedEvent(
            *(
                event.user_id,
                to_event(rules, event, now),
                event.event_id,
                event.recommendation_id,
                event.rank,
            ),
            timed=event.timestamp is not None,
        )

    indices, records, rejected = split_rows(body.events, convert)
    fates = await tenant.append(records, now) if records else []
    answer = events_answer(indices, fates, rejected)
    conflicts = fates.count(Appended.CONFLICT)
    service.metrics.count_events(
        answer["accepted"], answer["duplicates"] - conflicts, len(answer["rejected"]), conflicts
    )
    ignored = name_ignored_of_events(bundle, body.events)
    response = json_response({**answer, "ignored": ignored} if ignored else answer)
    stored = [record for record, fate in zip(records, fates, strict=True) if fate is Appended.STORED]
    if stored:
        service.freshness.accept(tenant.name, {record.user_id for record in stored})
        response.background = BackgroundTask(_join, tenant, service, stored)
    return response


async def _join(tenant: Tenant, service: Service, stored: Sequence[RecordedEvent]) -> None:
    """Join events with the answers that they name, after the events' own answer was sent."""
    bundle = tenant.bundle
    rules, experiments = make_rules(bundle.spec, bundle.manifest.heads), await tenant.experiments.list()
    service.outcomes.offer(tenant.store, rules, stored, experiments)
