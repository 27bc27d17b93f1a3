"""Take in a critique before its request is answered: its page becomes one with the plan and events that it means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from app.api.cursor import Page
from app.api.dependencies import Computing, Service
from app.api.mapping.interactions import build_rules, to_event
from app.api.mapping.plan import to_plan, to_wire
from app.api.schemas.events import SessionEvent
from app.api.schemas.plan import PlanWire
from app.api.schemas.recommendation import ListRequest, RecommendRequest
from app.bundle.bundle import LoadedBundle
from app.errors import InvalidRequestError, UnknownRecommendationError
from app.pipeline.query.critique import UnderstoodCritique, understand_critique
from app.state.protocol import Appended, Impression, RecordedEvent
from app.tenant import Tenant
from models.contract.roles import name_opinions
from models.language.plan import NO_PLAN, Plan


@dataclass(frozen=True, slots=True)
class TakenCritique:
    """The page to answer, the items that stay, and the value of `critique` in the answer."""

    page: Page[ListRequest]
    kept: tuple[str, ...] = ()
    answer: Mapping[str, Any] | None = None


async def take_critique(
    tenant: Tenant, bundle: LoadedBundle, service: Service, threads: Computing, page: Page[ListRequest]
) -> TakenCritique:
    """Understand a page's critique, store its opinions as events of the user, and plan the next answer.

    A page without a critique stays as it is. Raises UnknownRecommendationError, and StateUnavailableError where the
    answer cannot be looked up or the events cannot be stored.
    """
    if not isinstance(page.request, RecommendRequest) or page.request.critique is None:
        return TakenCritique(page)
    critique = page.request.critique
    user_id, now = page.request.user_id, service.clock()
    impression = await service.impressions.find(tenant.store.impressions, critique.of, user_id)
    if impression is None:
        raise UnknownRecommendationError(
            f"expected the recommendation_id of an answer to this user of the last hours, given {critique.of[:80]!r}",
            "critique.of",
        )
    before = _read_plan(bundle, impression)
    understood = await threads.run(
        "plan", lambda: understand_critique(bundle, critique.text, impression.item_ids, before)
    )
    events = _to_events(bundle, understood, now)
    fates = await _store(tenant, impression, bundle, events, now)
    service.metrics.count_events(fates.count(Appended.STORED), fates.count(Appended.DUPLICATE), 0)
    request = page.request.model_copy(
        update={
            "critique": None,
            "plan": None if understood.plan == NO_PLAN else to_wire(understood.plan),
            "session": [*(page.request.session or ()), *events],
            "exclude_ids": [*(page.request.exclude_ids or ()), *understood.refused, *understood.seen],
        }
    )
    answer = {
        "of": critique.of,
        "praised": understood.praised,
        "refused": understood.refused,
        "stored": fates.count(Appended.STORED),
        "duplicates": fates.count(Appended.DUPLICATE),
    }
    has_effect = understood.praised or understood.refused or understood.seen or understood.plan != before
    return TakenCritique(
        replace(page, request=request),
        understood.praised if critique.keep else (),
        answer if has_effect else {**answer, "ignored": True},
    )


def _read_plan(bundle: LoadedBundle, impression: Impression) -> Plan:
    """The plan of the criticised answer. Raises UnknownRecommendationError for one of a bundle with other fields."""
    if impression.plan is None:
        return NO_PLAN
    try:
        return to_plan(bundle, PlanWire.model_validate(dict(impression.plan), strict=False))
    except (InvalidRequestError, ValidationError) as error:
        raise UnknownRecommendationError(
            "expected an answer whose plan fits the bundle in use, given one of an earlier bundle",
            "critique.of",
        ) from error


def _to_events(bundle: LoadedBundle, understood: UnderstoodCritique, now: float) -> list[SessionEvent]:
    """The opinions as events, the praised items first."""
    positive, negative = name_opinions(bundle.spec.roles)
    pairs = [(item_id, positive) for item_id in understood.praised]
    pairs += [(item_id, negative) for item_id in understood.refused]
    return [SessionEvent(item_id=item_id, action=action, timestamp=now) for item_id, action in pairs]


async def _store(
    tenant: Tenant,
    impression: Impression,
    bundle: LoadedBundle,
    events: Sequence[SessionEvent],
    now: float,
) -> list[Appended]:
    """Store the events of a user as POST /v1/events does; an event id for each makes a repeat harmless."""
    if impression.user_id is None or not events:
        return []
    rules = build_rules(bundle.spec, bundle.manifest.heads, now)
    places = {item_id: place for place, item_id in enumerate(impression.item_ids, impression.first_rank)}
    records = [
        RecordedEvent(
            impression.user_id,
            to_event(rules, event, now),
            f"critique:{impression.recommendation_id}:{event.action}:{event.item_id}",
            impression.recommendation_id,
            places.get(event.item_id),
            timed=False,
        )
        for event in events
    ]
    return await tenant.store.append(records)
