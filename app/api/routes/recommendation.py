"""POST /v1/recommend and POST /v1/rank."""

import time

from fastapi import Request, Response
from starlette.background import BackgroundTask

from app.access.caller import Caller
from app.access.roles import RULES, Role
from app.api.api_keys import Calling
from app.api.critique import take_critique
from app.api.cursor import Page, Query, resolve_page
from app.api.dependencies import CallersTenant, Computing, Service, Serving, Threads
from app.api.guarded_route import make_guarded_router
from app.api.mapping.answers import slate_answer
from app.api.mapping.impressions import Shown, build_impression
from app.api.mapping.query import build_query
from app.api.openapi import BODY_ERRORS, error_answers
from app.api.rate_limits import charge_pairs
from app.api.request_body import Json
from app.api.responses import json_response
from app.api.schemas.recommendation import (
    ListRequest,
    RankAnswer,
    RankRequest,
    RecommendAnswer,
    RecommendRequest,
)
from app.api.understanding import understand
from app.errors import ForbiddenError
from app.pipeline import recommend as pipeline
from app.tenant import Tenant
from app.text_fetching import fetch_words

router = make_guarded_router("recommendations")


@router.post("/recommend", response_model=RecommendAnswer, responses=error_answers(*BODY_ERRORS))
async def recommend(
    body: Json[RecommendRequest],
    tenant: CallersTenant,
    service: Serving,
    threads: Threads,
    caller: Calling,
) -> Response:
    """Personal recommendations: the best items of the whole catalogue for this user at this moment."""
    page = _check_role(await _resolve(tenant, body), caller)
    return await _answer(tenant, service, threads, page)


@router.post("/rank", response_model=RankAnswer, responses=error_answers(*BODY_ERRORS))
async def rank(
    body: Json[RankRequest],
    tenant: CallersTenant,
    service: Serving,
    threads: Threads,
    caller: Calling,
    request: Request,
) -> Response:
    """Exactly the given items, ranked for this user at this moment; unknown ones come last."""
    page = _check_role(await _resolve(tenant, body), caller)
    await charge_pairs(request, service.access, len(page.request.item_ids or ()))
    return await _answer(tenant, service, threads, page)


async def _resolve(tenant: Tenant, body: Query) -> Page[Query]:
    """The page; the key is asked for only where there is a cursor to check."""
    return resolve_page(body, b"" if body.cursor is None else await tenant.cursor_key())


def _check_role(page: Page[Query], caller: Caller) -> Page[Query]:
    """Raises ForbiddenError for reasons about a user's history, as a publishable key is anybody's, and for a critique.

    The critique of a user stores events, which needs the right to send them.
    """
    criticises = isinstance(page.request, RecommendRequest) and page.request.critique is not None
    if criticises and not caller.may(RULES["POST", "/v1/events"]):
        raise ForbiddenError(
            f"expected a key of the role {Role.EVENTS} beside, as a critique stores events", "critique"
        )
    if caller.is_publishable and page.request.explain and page.request.user_id is not None:
        raise ForbiddenError(
            "expected a secret key to explain a user's list, given a publishable key", "explain"
        )
    return page


async def _answer(tenant: Tenant, service: Service, threads: Computing, page: Page[ListRequest]) -> Response:
    """Answer one page. `total` in `took_ms` is the time since the body was parsed."""
    started = time.perf_counter()
    state, degraded = await tenant.read_user(page.request.user_id)
    read_ms = (time.perf_counter() - started) * 1000
    bundle = tenant.bundle  # one bundle for the whole request, even if another is loaded meanwhile
    words = page.request.query or ""
    planning = time.perf_counter()
    taken = await take_critique(tenant, bundle, service, threads, page)
    page, by_rules = await understand(bundle, threads, taken.page, service.chat)
    has_words = page.request.plan is not None
    plan_ms = {"plan": (time.perf_counter() - planning) * 1000} if has_words else {}
    query = build_query(bundle, page, state, service.clock(), taken.kept)
    bundle = await fetch_words(bundle, [(query.plan, query.state.profile)])
    slate = await threads.run(_name_kind(page.request), lambda: pipeline.recommend(bundle, query))
    key = await tenant.cursor_key()
    answer = slate_answer(bundle, page, slate, (*degraded, *by_rules), key)
    if taken.answer is not None:
        answer = {**answer, "critique": taken.answer}
    took = {"state": read_ms, **plan_ms, **slate.took_ms, "total": (time.perf_counter() - started) * 1000}
    service.metrics.count_stages(took, answer["degraded"])
    response = json_response(
        {**answer, "took_ms": {stage: round(took_ms, 3) for stage, took_ms in took.items()}}
    )
    if service.impressions.is_on:  # after the answer was sent
        shown = Shown(page.request, words, query, slate, answer, service.clock())
        response.background = BackgroundTask(_keep, tenant, service, shown)
    return response


async def _keep(tenant: Tenant, service: Service, shown: Shown) -> None:
    """Keep what an answer showed."""
    service.impressions.offer(tenant.store.impressions, build_impression(shown))


def _name_kind(request: ListRequest) -> str:
    """Requests of similar duration: reasons and texts take several times as long."""
    return f"slate{'+reasons' if request.explain else ''}{'+query' if request.plan else ''}"
