"""POST /v1/recommend and POST /v1/rank."""

import time

from fastapi import Request, Response

from app.access.caller import Caller
from app.api.api_keys import Calling
from app.api.cursor import Page, Query, resolve_page
from app.api.dependencies import CallersTenant, Computing, Service, Serving, Threads
from app.api.guarded_route import make_guarded_router
from app.api.mapping.answers import slate_answer
from app.api.mapping.query import build_query
from app.api.openapi import BODY_ERRORS, error_answers
from app.api.rate_limits import charge_pairs
from app.api.request_body import Json
from app.api.responses import json_response
from app.api.schemas.recommendation import RankAnswer, RankRequest, RecommendAnswer, RecommendRequest
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
    """Raises ForbiddenError for reasons about a user's history: a publishable key is anybody's."""
    if caller.is_publishable and page.request.explain and page.request.user_id is not None:
        raise ForbiddenError(
            "expected a secret key to explain a user's list, given a publishable key", "explain"
        )
    return page


async def _answer(
    tenant: Tenant, service: Service, threads: Computing, page: Page[RecommendRequest]
) -> Response:
    """Answer one page. `total` in `took_ms` is the time since the body was parsed."""
    started = time.perf_counter()
    state, degraded = await tenant.read_user(page.request.user_id)
    read_ms = (time.perf_counter() - started) * 1000
    bundle = tenant.bundle  # one bundle for the whole request, even if another is loaded meanwhile
    query = build_query(bundle, page, state, service.clock())
    bundle = await fetch_words(bundle, [(query.text, query.state)])
    slate = await threads.run(_name_kind(page.request), lambda: pipeline.recommend(bundle, query))
    key = await tenant.cursor_key()
    answer = slate_answer(bundle, page, slate, degraded, key)
    took = {"state": read_ms, **slate.took_ms, "total": (time.perf_counter() - started) * 1000}
    service.metrics.count_stages(took, answer["degraded"])
    return json_response({**answer, "took_ms": {stage: round(took_ms, 3) for stage, took_ms in took.items()}})


def _name_kind(request: RecommendRequest) -> str:
    """Requests of similar duration: reasons and texts take several times as long."""
    return f"slate{'+reasons' if request.explain else ''}{'+query' if request.query else ''}"
