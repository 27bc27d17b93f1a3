"""POST /v1/batch-score: many (user, item) pairs at once; a group fails alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from app.api.dependencies import Service, Serving, guarded_router
from app.api.mapping.interactions import rules_of, session_events
from app.api.mapping.query import moment_of, with_session
from app.api.openapi import answers, body_of
from app.api.responses import json_response, read_body
from app.api.schemas.answers import BatchAnswer
from app.api.schemas.batch import BadGroup, BatchRequest, Group
from app.bundle.bundle import LoadedBundle
from app.errors import ChorusError
from app.pipeline.query.text_query import unread_texts
from app.pipeline.scoring.batching import USER_COST, split_by_cost
from app.pipeline.scoring.fusion import FusedScores
from app.pipeline.scoring.groups import ScoreRequest, score_requests
from models.contract.catalogue import UserState

NDJSON = "application/x-ndjson"
READS = 16
"""Users read at once: a call leaves most of the store's connections to others."""

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
    ready = _in_order(_scored(serving, bundle, body.groups))
    if NDJSON in request.headers.get("accept", ""):
        return StreamingResponse(_lines(ready), media_type=NDJSON)
    groups = [outcome async for outcomes in ready for outcome in outcomes]
    return json_response({"model_version": bundle.manifest.model_version, "groups": groups})


async def _lines(ready: AsyncIterator[list[Plain]]) -> AsyncIterator[bytes]:
    option = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
    async for outcomes in ready:
        yield b"".join(orjson.dumps(outcome, option=option) for outcome in outcomes)


async def _in_order(scored: AsyncIterator[dict[int, Plain]]) -> AsyncIterator[list[Plain]]:
    """The outcomes in the groups' order, each as soon as those before it are there."""
    waiting: dict[int, Plain] = {}
    place = 0
    async for outcomes in scored:
        waiting |= outcomes
        ready = []
        while place in waiting:
            ready.append(waiting.pop(place))
            place += 1
        if ready:
            yield ready


async def _scored(
    serving: Service, bundle: LoadedBundle, groups: Sequence[Group | BadGroup]
) -> AsyncIterator[dict[int, Plain]]:
    """Outcomes by the groups' places, those of some users at a time."""
    now = serving.clock()
    users = [group.user_id for group in groups]
    for places in split_by_cost(len(bundle.catalogue), users, [_work(group) for group in groups]):
        portion = await _read(serving, [groups[place] for place in places])
        try:
            outcomes = await serving.compute(partial(_outcomes, bundle, portion, now))
        except ChorusError as error:  # no thread in time: the groups of other portions have their answers
            outcomes = [_failed(_or_bad(one, error)) for one in portion]
        yield dict(zip(places, outcomes, strict=True))


def _work(group: Group | BadGroup) -> int:
    """Pairs, and what takes as long: with a session a user is another one."""
    if isinstance(group, BadGroup):
        return 0
    return len(group.item_ids) + (USER_COST if group.session else 0)


async def _read(serving: Service, groups: Sequence[Group | BadGroup]) -> list[_Ready | BadGroup]:
    """The groups with their users' states, each user read once; a BadGroup where that cannot be."""
    users = list(dict.fromkeys(group.user_id for group in groups if isinstance(group, Group)))
    known: dict[str | None, tuple[UserState, tuple[str, ...]] | ChorusError] = {}
    for start in range(0, len(users), READS):
        chunk = users[start : start + READS]
        states = await asyncio.gather(*(_read_user(serving, user_id) for user_id in chunk))
        known.update(zip(chunk, states, strict=True))
    ready: list[_Ready | BadGroup] = []
    for group in groups:
        if isinstance(group, BadGroup):
            ready.append(group)
            continue
        read = known[group.user_id]
        ready.append(BadGroup(group.user_id, read) if isinstance(read, ChorusError) else _Ready(group, *read))
    return ready


async def _read_user(
    serving: Service, user_id: str | None
) -> tuple[UserState, tuple[str, ...]] | ChorusError:
    try:
        return await serving.runtime.read_user(user_id)
    except ChorusError as error:
        return error


def _outcomes(bundle: LoadedBundle, portion: Sequence[_Ready | BadGroup], now: float) -> list[Plain]:
    """The portion's outcomes; what is wrong with a group is its own."""
    asked = [_asked(bundle, one, now) for one in portion]
    scores = iter(score_requests(bundle, [one[1] for one in asked if not isinstance(one, BadGroup)]))
    return [_failed(one) if isinstance(one, BadGroup) else _told(*one, next(scores)) for one in asked]


def _asked(
    bundle: LoadedBundle, ready: _Ready | BadGroup, now: float
) -> tuple[_Ready, ScoreRequest] | BadGroup:
    """What the pipeline is to score of a group: each item that is there, once."""
    if isinstance(ready, BadGroup):
        return ready
    group = ready.group
    known = tuple(dict.fromkeys(item_id for item_id in group.item_ids if item_id in bundle.catalogue))
    try:
        moment, context = moment_of(bundle.spec, group.context, now)
        state = ready.state
        if group.session:
            rules = rules_of(bundle.spec, bundle.manifest.heads, max(now, moment))
            state = with_session(state, session_events(rules, group.session, moment))
    except ChorusError as error:
        return BadGroup(group.user_id, error)
    unread = unread_texts(bundle, "", state.profile)
    return replace(ready, degraded=(*ready.degraded, *unread)), ScoreRequest(state, known, context, moment)


def _told(ready: _Ready, asked: ScoreRequest, scores: FusedScores) -> Plain:
    columns = [list(values) for values in scores.values.values()]
    found: dict[str, Plain] = {}
    for item_id, score, *values in zip(asked.item_ids, scores.score, *columns, strict=True):
        heads = dict(zip(scores.values, values, strict=True))
        found[item_id] = {"item_id": item_id, "score": score, "heads": heads}
    return {
        "user_id": ready.group.user_id,
        "status": "ok",
        "scores": [
            found.get(item_id, {"item_id": item_id, "unknown": True}) for item_id in ready.group.item_ids
        ],
        "degraded": ready.degraded,
    }


def _or_bad(one: _Ready | BadGroup, error: ChorusError) -> BadGroup:
    """A group's own error where it has one, else that of its portion."""
    return one if isinstance(one, BadGroup) else BadGroup(one.group.user_id, error)


def _failed(bad: BadGroup) -> Plain:
    return {"user_id": bad.user_id, "status": "error", "error": bad.error.shape()}
