"""Take in a critique before its request is answered: its page becomes one with the plan and events that it means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from app.api.cursor import Page
from app.api.dependencies import Computing, Service
from app.api.mapping.interactions import build_rules, to_event
from app.api.mapping.plan import to_plan, to_wire
from app.api.schemas.events import SESSION_EVENTS, SessionEvent
from app.api.schemas.plan import PlanWire
from app.api.schemas.recommendation import EXCLUDED, ListRequest, RecommendRequest
from app.bundle.bundle import LoadedBundle
from app.errors import InvalidRequestError, UnknownRecommendationError
from app.outcomes.join import make_rules
from app.state.protocol import Appended, Impression, RecordedEvent
from app.tenant import Tenant
from models.contract.roles import name_opinions
from models.language.plan import NO_PLAN, Plan

if TYPE_CHECKING:
    from app.pipeline.query.critique import UnderstoodCritique


@dataclass(frozen=True, slots=True)
class TakenCritique:
    """The page to answer, the items that stay, and the value of `critique` in the answer."""

    page: Page[ListRequest]
    kept: tuple[str, ...] = ()
    answer: Mapping[str, Any] | None = None


async def take_critique(
    tenant: Tenant, bundle: LoadedBundle, service: Service, threads: Computing, page: Page[ListRequest]
) -> TakenCritique:
    """Understand a page's critique, plan the next answer, and store the opinions as events of the user.

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
    before, understood = await threads.run(
        "plan", lambda: _understand(bundle, critique.text, impression)
    )  # reads columns and titles of the whole catalogue
    events = _to_events(bundle, understood, now)
    request = _go_on(bundle, page.request, understood, events)
    fates = await _store(tenant, service, impression, bundle, events, now)
    service.metrics.count_events(fates.count(Appended.STORED), fates.count(Appended.DUPLICATE), 0)
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


def _understand(bundle: LoadedBundle, text: str, impression: Impression) -> tuple[Plan, "UnderstoodCritique"]:
    """The plan of the criticised answer, and what a text says about the answer."""
    from app.pipeline.query.critique import understand_critique

    before = _read_plan(bundle, impression)
    return before, understand_critique(bundle, text, impression.item_ids, before)


def _go_on(
    bundle: LoadedBundle,
    request: RecommendRequest,
    understood: "UnderstoodCritique",
    events: Sequence[SessionEvent],
) -> RecommendRequest:
    """The request of the next answer, with a plan in place of the critique.

    It is within the limits of a request, since the cursor of its answer is read as one: of the events and of the ids
    that are left out the newest stay. Items that the catalogue has no more are named by no part of it.
    """
    known = [event for event in events if bundle.catalogue.row(event.item_id) is not None]
    left_out = [
        item for item in (*understood.refused, *understood.seen) if bundle.catalogue.row(item) is not None
    ]
    plan = None if understood.plan == NO_PLAN else to_wire(understood.plan)
    session = [*(request.session or ()), *known][-SESSION_EVENTS:]
    excluded = [*(request.exclude_ids or ()), *left_out][-EXCLUDED:]
    changes = {"critique": None, "plan": plan, "session": session, "exclude_ids": excluded}
    return request.model_copy(update=changes)


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


def _to_events(bundle: LoadedBundle, understood: "UnderstoodCritique", now: float) -> list[SessionEvent]:
    """The opinions as events, the praised items first."""
    positive, negative = name_opinions(bundle.spec.roles)
    pairs = [(item_id, positive) for item_id in understood.praised]
    pairs += [(item_id, negative) for item_id in understood.refused]
    return [SessionEvent(item_id=item_id, action=action, timestamp=now) for item_id, action in pairs]


async def _store(
    tenant: Tenant,
    service: Service,
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
    fates = await tenant.append(records, now)
    stored = [record for record, fate in zip(records, fates, strict=True) if fate is Appended.STORED]
    joining, experiments = make_rules(bundle.spec, bundle.manifest.heads), await tenant.experiments.list()
    service.outcomes.offer(tenant.store, joining, stored, experiments)
    return fates
