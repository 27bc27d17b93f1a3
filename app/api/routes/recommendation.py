"""POST /v1/recommend, POST /v1/rank and POST /v1/explain."""

import time
from collections.abc import Mapping
from dataclasses import replace

from fastapi import Request, Response
from starlette.background import BackgroundTask

from app.access.caller import Caller
from app.access.roles import RULES, WRITE, Role
from app.api.accept_language import PARAMETER, read_language
from app.api.api_keys import Calling
from app.api.cursor import Page, Query, resolve_page
from app.api.dependencies import CallersTenant, Computing, Service, Serving, Threads
from app.api.guarded_route import make_guarded_router
from app.api.mapping.answers import Plain, slate_answer
from app.api.mapping.explanation import explanation_answer
from app.api.mapping.impressions import Shown, build_impression
from app.api.mapping.variants import Choice
from app.api.openapi import BODY_ERRORS, error_answers
from app.api.page_reading import Asked, read_page
from app.api.rate_limits import charge_pairs
from app.api.request_body import Json
from app.api.responses import json_response
from app.api.schemas.explanation import ExplainAnswer, ExplainRequest
from app.api.schemas.recommendation import (
    ListRequest,
    RankAnswer,
    RankRequest,
    RecommendAnswer,
    RecommendRequest,
)
from app.api.shadowing import offer_shadow
from app.bundle.bundle import LoadedBundle
from app.errors import ForbiddenError, InvalidRequestError
from app.experiment_log import ShownArm
from app.pipeline import recommend as pipeline
from app.pipeline.types import DEFAULT_LANGUAGE, Reason, Slate
from app.pipeline.why_not.explanation import explain_item
from app.reason_writer import Reasons
from app.tenant import SESSION_ONLY, Tenant
from models.ranking.exploration import Policy

router = make_guarded_router("recommendations")


@router.post(
    "/recommend",
    response_model=RecommendAnswer,
    responses=error_answers(*BODY_ERRORS),
    openapi_extra={"parameters": [PARAMETER]},
)
async def recommend(
    body: Json[RecommendRequest],
    tenant: CallersTenant,
    service: Serving,
    threads: Threads,
    caller: Calling,
    request: Request,
) -> Response:
    """Personal recommendations: the best items of the whole catalogue for this user at this moment."""
    page = _check_role(await _resolve(tenant, body), caller)
    return await _answer(tenant, service, threads, page, request)


@router.post(
    "/rank",
    response_model=RankAnswer,
    responses=error_answers(*BODY_ERRORS),
    openapi_extra={"parameters": [PARAMETER]},
)
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
    return await _answer(tenant, service, threads, page, request)


@router.post(
    "/explain",
    response_model=ExplainAnswer,
    responses=error_answers(*BODY_ERRORS),
    openapi_extra={"parameters": [PARAMETER]},
)
async def explain(
    body: Json[ExplainRequest],
    tenant: CallersTenant,
    service: Serving,
    threads: Threads,
    caller: Calling,
    request: Request,
) -> Response:
    """Why an item is in the list of a recommend call, or the stage and rule that stopped it."""
    started = time.perf_counter()
    page = _check_role(await _resolve(tenant, body.recommendation), caller)
    _check_history(caller, page.request.user_id)
    _check_seed(page.request)
    asked = await read_page(tenant, service, threads, page, read_language(request), explores=False)
    verdict = await threads.run("explain", lambda: explain_item(asked.bundle, asked.query, body.item_id))
    (reasons,), template, wording = await _word(
        service, asked.bundle, [(body.item_id, verdict.reasons)], asked.query.language
    )
    verdict, degraded = replace(verdict, reasons=reasons), (*asked.degraded, *template)
    answer = explanation_answer(asked.bundle, asked.page, body.item_id, verdict, degraded)
    answer = _name_variant(answer, asked.choice)
    took = {**asked.took_ms, **verdict.took_ms, **wording, "total": (time.perf_counter() - started) * 1000}
    return _respond(answer, took, asked.query.language)


async def _resolve(tenant: Tenant, body: Query) -> Page[Query]:
    """The page; the key is asked for only where there is a cursor to check."""
    return resolve_page(body, b"" if body.cursor is None else await tenant.cursor_key())


def _check_role(page: Page[Query], caller: Caller) -> Page[Query]:
    """Raises ForbiddenError for reasons about a user's history, as a publishable key is anybody's, and for a critique.

    The critique of a user stores events, which needs the right to send them.
    """
    if page.request.variant is not None and (caller.is_publishable or not caller.may(WRITE)):
        raise ForbiddenError(
            f"expected a key of the role {Role.WRITE} beside, to choose a variant", "variant"
        )
    criticises = isinstance(page.request, RecommendRequest) and page.request.critique is not None
    if criticises and not caller.may(RULES["POST", "/v1/events"]):
        raise ForbiddenError(
            f"expected a key of the role {Role.EVENTS} beside, as a critique stores events", "critique"
        )
    if page.request.explain:
        _check_history(caller, page.request.user_id)
    return page


def _check_history(caller: Caller, user_id: str | None) -> None:
    """Raises ForbiddenError for a publishable key, if what is explained is a stored user's."""
    if caller.is_publishable and user_id is not None:
        raise ForbiddenError(
            "expected a secret key to explain a user's list, given a publishable key", "explain"
        )


def _check_seed(request: ListRequest) -> None:
    """Raises InvalidRequestError for an exploration without a seed, whose list cannot be drawn again."""
    exploration = request.exploration
    if exploration is not None and exploration.policy != Policy.NONE and exploration.seed is None:
        raise InvalidRequestError("expected the seed of the list to explain, given none", "exploration.seed")


async def _answer(
    tenant: Tenant, service: Service, threads: Computing, page: Page[ListRequest], request: Request
) -> Response:
    """Answer one page. `total` in `took_ms` is the time since the body was parsed."""
    started, words = time.perf_counter(), page.request.query or ""
    language = read_language(request) if page.request.explain else DEFAULT_LANGUAGE
    asked = await read_page(tenant, service, threads, page, language)
    bundle, page, query = asked.bundle, asked.page, asked.query
    slate = await threads.run(_name_kind(page.request), lambda: pipeline.recommend(bundle, query))
    key = await tenant.cursor_key()
    reasons, template, wording = await _word(service, bundle, _list_reasons(bundle, slate), language)
    slate = replace(slate, reasons=reasons)
    degraded = (*asked.degraded, *template)
    answer = _name_variant(slate_answer(bundle, page, slate, degraded, key), asked.choice)
    if asked.taken.answer is not None:
        answer = {**answer, "critique": asked.taken.answer}
    took = {**asked.took_ms, **slate.took_ms, **wording, "total": (time.perf_counter() - started) * 1000}
    service.metrics.count_stages(took, answer["degraded"])
    response = _respond(answer, took, language if page.request.explain else None)
    arm = None if asked.choice is None else asked.choice.arm
    has_new = bool(len(bundle.new_items.rows))
    is_kept = service.impressions.is_on or arm is not None or asked.shadow is not None or has_new
    if is_kept:  # after the answer was sent
        variant = None if asked.choice is None or arm is None else asked.choice.label
        shown = Shown(page.request, words, query, slate, answer, service.clock(), bundle, variant)
        response.background = BackgroundTask(_keep, tenant, service, asked, shown, started)
    return response


def _list_reasons(bundle: LoadedBundle, slate: Slate) -> list[tuple[str, tuple[Reason, ...]]]:
    """The ids of the slate's items with their reasons; empty for a slate without reasons."""
    if not slate.reasons:
        return []
    ids, rows = bundle.catalogue.ids, slate.scored.candidates.rows[slate.order].tolist()
    return list(zip((ids[row] for row in rows), slate.reasons, strict=True))


async def _word(
    service: Service, bundle: LoadedBundle, reasons: Reasons, language: str
) -> tuple[tuple[tuple[Reason, ...], ...], tuple[str, ...], Mapping[str, float]]:
    """The items' reasons, worded by the language model if one is set and there are any; degradations; times."""
    if service.reason_writer is None or not any(own for _, own in reasons):
        return tuple(tuple(own) for _, own in reasons), (), {}
    began = time.perf_counter()
    worded = await service.reason_writer.word(bundle, reasons, language)
    return worded.reasons, worded.degraded, {"wording": (time.perf_counter() - began) * 1000}


def _name_variant(answer: Plain, choice: Choice | None) -> Plain:
    """The answer with its variant, if it has one, and with what of it has no effect."""
    if choice is None:
        return answer
    return {**answer, "variant": choice.label, "ignored": [*answer["ignored"], *choice.ignored]}


def _respond(answer: Plain, took: Mapping[str, float], language: str | None) -> Response:
    """The response, which names the language of its reasons, if it has any."""
    headers = None if language is None else {"Content-Language": language}
    times = {stage: round(took_ms, 3) for stage, took_ms in took.items()}
    return json_response({**answer, "took_ms": times}, headers=headers)


async def _keep(tenant: Tenant, service: Service, asked: Asked, shown: Shown, began: float) -> None:
    """Keep what an answer showed, count it for its arm of an experiment, and let its shadow be computed.

    It began by the performance counter.
    """
    store, arm = tenant.store, None if asked.choice is None else asked.choice.arm
    offer_shadow(tenant, service, asked, shown.slate, shown.answer)
    # A ranking may be of more items than are shown.
    if tenant.trials is not None and shown.query.item_ids is None:
        tenant.trials.note_shown(shown.bundle, [item["item_id"] for item in shown.answer["items"]])
    if service.impressions.is_on:
        service.impressions.offer(store.impressions, build_impression(shown), store.outcomes)
    user_id = shown.query.state.user_id
    if user_id is None:
        return
    if SESSION_ONLY not in shown.answer["degraded"]:
        service.freshness.answer(tenant.name, user_id, began)
    if arm is not None and shown.answer["items"]:
        service.experiments.record_impression(ShownArm(store, arm, user_id))


def _name_kind(request: ListRequest) -> str:
    """Requests of similar duration: reasons and texts take several times as long."""
    return f"slate{'+reasons' if request.explain else ''}{'+query' if request.plan else ''}"
