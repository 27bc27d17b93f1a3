"""Score the groups of a batch in portions: users are read in parallel, and a group fails alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

from app.api.dependencies import Computing
from app.api.mapping.batch import UserGroup, failure_answer, scores_answer, to_score_request
from app.api.schemas.batch import BadGroup, Group
from app.bundle.bundle import LoadedBundle
from app.errors import InvalidRequestError, UnavailableError
from app.pipeline.scoring.batching import USER_COST, split_by_cost
from app.pipeline.scoring.groups import ScoreRequest, score_requests
from app.tenant import Tenant
from app.text_fetching import fetch_words
from models.contract.catalogue import UserState
from models.language.plan import NO_PLAN

PARALLEL_READS = 16
"""Users read at once; leaves most of the store's connections to other requests."""

Answer = dict[str, Any]


async def score_groups(
    tenant: Tenant, threads: Computing, bundle: LoadedBundle, groups: Sequence[Group | BadGroup], now: float
) -> AsyncIterator[list[Answer]]:
    """Yield answers in the order of the groups, each as soon as it and all earlier ones are ready."""
    waiting: dict[int, Answer] = {}
    position = 0
    async for answers in _score_portions(tenant, threads, bundle, groups, now):
        waiting |= answers
        ready = []
        while position in waiting:
            ready.append(waiting.pop(position))
            position += 1
        if ready:
            yield ready


async def _score_portions(
    tenant: Tenant, threads: Computing, known: LoadedBundle, groups: Sequence[Group | BadGroup], now: float
) -> AsyncIterator[dict[int, Answer]]:
    """Yield group index -> answer for each portion. A portion has all groups of its users."""
    user_ids = [group.user_id for group in groups]
    for positions in split_by_cost(len(known.catalogue), user_ids, [_cost(group) for group in groups]):
        portion = await _read_users(tenant, [groups[position] for position in positions])
        users = [group.state for group in portion if isinstance(group, UserGroup)]
        bundle = await fetch_words(known, [(NO_PLAN, user) for user in users])
        try:
            answers = await threads.run("portion", partial(_score_portion, bundle, portion, now))
        except UnavailableError as error:  # no compute thread in time; the other portions keep their answers
            answers = [failure_answer(_mark_failed(group, error)) for group in portion]
        yield dict(zip(positions, answers, strict=True))


def _cost(group: Group | BadGroup) -> int:
    """The cost of a group in pairs, including that of encoding its user again for a session."""
    if isinstance(group, BadGroup):
        return 0
    return len(group.item_ids) + (USER_COST if group.session else 0)


async def _read_users(tenant: Tenant, groups: Sequence[Group | BadGroup]) -> list[UserGroup | BadGroup]:
    """The groups with their users' states. Each user is read once."""
    user_ids = list(dict.fromkeys(group.user_id for group in groups if isinstance(group, Group)))
    states: dict[str | None, tuple[UserState, tuple[str, ...]]] = {}
    for start in range(0, len(user_ids), PARALLEL_READS):
        chunk = user_ids[start : start + PARALLEL_READS]
        reads = await asyncio.gather(*(tenant.read_user(user_id) for user_id in chunk))
        states.update(zip(chunk, reads, strict=True))
    return [
        group if isinstance(group, BadGroup) else UserGroup(group, *states[group.user_id]) for group in groups
    ]


def _score_portion(bundle: LoadedBundle, portion: Sequence[UserGroup | BadGroup], now: float) -> list[Answer]:
    """The answers of a portion's groups, in order."""
    requests = [_request_scores(bundle, group, now) for group in portion]
    valid = [request[1] for request in requests if not isinstance(request, BadGroup)]
    scores = iter(score_requests(bundle, valid))
    return [
        failure_answer(request)
        if isinstance(request, BadGroup)
        else scores_answer(bundle, *request, next(scores))
        for request in requests
    ]


def _request_scores(
    bundle: LoadedBundle, group: UserGroup | BadGroup, now: float
) -> tuple[UserGroup, ScoreRequest] | BadGroup:
    if isinstance(group, BadGroup):
        return group
    try:
        return group, to_score_request(bundle, group, now)
    except InvalidRequestError as error:
        return BadGroup(group.group.user_id, error)


def _mark_failed(group: UserGroup | BadGroup, error: UnavailableError) -> BadGroup:
    """The group with the error of its portion; a bad group keeps its error."""
    return group if isinstance(group, BadGroup) else BadGroup(group.group.user_id, error)
