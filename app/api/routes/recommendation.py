"""POST /v1/recommend and /v1/rank."""

import time

from fastapi import Request, Response

from app.api.cursor import Page, resolve
from app.api.dependencies import Service, Serving, guarded_router
from app.api.mapping.answers import slate_answer
from app.api.mapping.query import build_query
from app.api.openapi import answers, body_of
from app.api.responses import json_response, read_body
from app.api.schemas.answers import RankAnswer, RecommendAnswer
from app.api.schemas.recommendation import RankRequest, RecommendRequest
from app.pipeline.recommend import recommend

router = guarded_router("recommendations")


@router.post(
    "/recommend",
    openapi_extra=body_of(RecommendRequest),
    responses=answers(RecommendAnswer, 401, 413, 422, 429, 503),
)
async def recommended(request: Request, serving: Serving) -> Response:
    """Personal recommendations: the best items of the whole catalogue for this user at this moment."""
    started = time.perf_counter()
    body = await read_body(request, RecommendRequest, serving.settings.body_timeout_s)
    return await _answered(serving, resolve(body), started)


@router.post(
    "/rank", openapi_extra=body_of(RankRequest), responses=answers(RankAnswer, 401, 413, 422, 429, 503)
)
async def ranked(request: Request, serving: Serving) -> Response:
    """Exactly the given items, ranked for this user at this moment; unknown ones come last."""
    started = time.perf_counter()
    body = await read_body(request, RankRequest, serving.settings.body_timeout_s)
    asked = resolve(body)
    page: Page[RecommendRequest] = Page(asked.request, asked.shown)
    return await _answered(serving, page, started)


async def _answered(serving: Service, page: Page[RecommendRequest], started: float) -> Response:
    asked = time.perf_counter()
    state, degraded = await serving.runtime.read_user(page.request.user_id)
    read_ms = (time.perf_counter() - asked) * 1000
    bundle = serving.runtime.bundle  # one bundle for the whole request, whatever is loaded meanwhile
    query = build_query(bundle, page, state, serving.clock())
    slate = await serving.compute(lambda: recommend(bundle, query))
    answer = slate_answer(bundle, page, slate, degraded)
    took = {"state": read_ms, **slate.took_ms, "total": (time.perf_counter() - started) * 1000}
    serving.metrics.stages(took, answer["degraded"])
    return json_response({**answer, "took_ms": {stage: round(took_ms, 3) for stage, took_ms in took.items()}})
