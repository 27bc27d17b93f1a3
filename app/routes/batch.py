"""POST /v1/batch-score: many (user, item) pairs at once; a group fails alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from app.dependencies import Service, Serving, guarded_router
from app.errors import ChorusError
from app.loaded import LoadedBundle
from app.openapi import answers, body_of
from app.pipeline.recommend import score_pairs
from app.responses import json_response, read_body
from app.routes.interactions import rules_of, session_events
from app.routes.query import moment_of, with_session
from app.schemas.answers import BatchAnswer
from app.schemas.batch import BadGroup, BatchRequest, Group
from models.contract.catalogue import UserState

NDJSON = "application/x-ndjson"
TOGETHER = 8
"""Groups read and scored in one go: other requests wait for a compute thread no longer than these take."""

router = guarded_router("recommendations")
Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Ready:
    """A group with its user's state read."""

    group: Group
    state: UserState
    degraded: tuple[str, ...]


@router.post(
    "/batch-score",
    openapi_extra=body_of(BatchRequest),
    responses=answers(BatchAnswer, 401, 413, 422, 429, 503),
)
async def batch_scored(request: Request, serving: Serving) -> Response:
    """Every group's scores, in order; with `Accept: application/x-ndjson` a line a group, as ready."""
    body = await read_body(request, BatchRequest, serving.settings.body_timeout_s)
    bundle = serving.runtime.bundle
    groups = _scored(serving, bundle, body.groups)
    if NDJSON in request.headers.get("accept", ""):
        return StreamingResponse(_lines(groups), media_type=NDJSON)
    return json_response(
        {"model_version": bundle.manifest.model_version, "groups": [group async for group in groups]}
    )


async def _lines(groups: AsyncIterator[Plain]) -> AsyncIterator[bytes]:
    async for group in groups:
        yield orjson.dumps(group, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE)


async def _scored(
    serving: Service, bundle: LoadedBundle, groups: Sequence[Group | BadGroup]
) -> AsyncIterator[Plain]:
    now = serving.clock()
    for start in range(0, len(groups), TOGETHER):
        chunk = groups[start : start + TOGETHER]
        ready = await asyncio.gather(*(_read(serving, group) for group in chunk))
        try:
            outcomes = await serving.compute(partial(_outcomes, bundle, ready, now))
        except ChorusError as error:  # no thread in time: the groups before and after have their answers
            outcomes = [_unanswered(group, error) for group in ready]
        for outcome in outcomes:
            yield outcome


async def _read(serving: Service, group: Group | BadGroup) -> _Ready | BadGroup:
    if isinstance(group, BadGroup):
        return group
    try:
        state, degraded = await serving.runtime.read_user(group.user_id)
    except ChorusError as error:
        return BadGroup(group.user_id, error)
    return _Ready(group, state, degraded)


def _outcomes(bundle: LoadedBundle, chunk: Sequence[_Ready | BadGroup], now: float) -> list[Plain]:
    return [_outcome(bundle, group, now) for group in chunk]


def _outcome(bundle: LoadedBundle, ready: _Ready | BadGroup, now: float) -> Plain:
    if isinstance(ready, BadGroup):
        return _failed(ready.user_id, ready.error)
    try:
        scores = _scores(bundle, ready, now)
    except ChorusError as error:
        return _failed(ready.group.user_id, error)
    return {
        "user_id": ready.group.user_id,
        "status": "ok",
        "scores": scores,
        "degraded": ready.degraded,
    }


def _scores(bundle: LoadedBundle, ready: _Ready, now: float) -> list[Plain]:
    group = ready.group
    moment, context = moment_of(bundle.spec, group.context, now)
    rules = rules_of(bundle.spec, bundle.manifest.heads, max(now, moment))
    state = with_session(ready.state, session_events(rules, group.session or (), moment))
    known = tuple(dict.fromkeys(item_id for item_id in group.item_ids if item_id in bundle.catalogue))
    found: dict[str, Plain] = {}
    if known:
        scored = score_pairs(bundle, state, known, context, moment)
        for place, item_id in enumerate(known):
            heads = {name: values[place] for name, values in scored.values.items()}
            found[item_id] = {"item_id": item_id, "score": scored.score[place], "heads": heads}
    return [found.get(item_id, {"item_id": item_id, "unknown": True}) for item_id in group.item_ids]


def _unanswered(group: _Ready | BadGroup, error: ChorusError) -> Plain:
    """A group's own error where it has one, else that of its chunk."""
    if isinstance(group, BadGroup):
        return _failed(group.user_id, group.error)
    return _failed(group.group.user_id, error)


def _failed(user_id: str | None, error: ChorusError) -> Plain:
    return {"user_id": user_id, "status": "error", "error": error.shape()}
