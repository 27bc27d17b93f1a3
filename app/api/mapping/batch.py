"""Convert a group of a batch into the pairs to score, and their scores into the group's answer."""

from dataclasses import dataclass
from typing import Any

from app.api.mapping.ignored_inputs import name_ignored_of_group
from app.api.mapping.query import add_session, resolve_moment
from app.api.schemas.batch import BadGroup, Group
from app.bundle.bundle import LoadedBundle
from app.pipeline.query.text_query import unread_texts
from app.pipeline.scoring.fusion import FusedScores
from app.pipeline.scoring.groups import ScoreRequest
from models.contract.catalogue import UserState
from models.language.plan import NO_PLAN


@dataclass(frozen=True, slots=True)
class UserGroup:
    """A group with its user's state."""

    group: Group
    state: UserState
    degraded: tuple[str, ...]


def to_score_request(bundle: LoadedBundle, user_group: UserGroup, now: float) -> ScoreRequest:
    """The request to score the distinct items of a group that are in the catalogue.

    Raises an InvalidRequestError for a session that does not fit the bundle.
    """
    group = user_group.group
    item_ids = tuple(dict.fromkeys(item_id for item_id in group.item_ids if item_id in bundle.catalogue))
    moment, context = resolve_moment(bundle.spec, group.context, now)
    state = add_session(bundle, user_group.state, group.session, moment, now)
    return ScoreRequest(state, item_ids, context, moment)


def scores_answer(
    bundle: LoadedBundle, user_group: UserGroup, request: ScoreRequest, scores: FusedScores
) -> dict[str, Any]:
    """The value of a GroupScores: every requested item in the order of the request."""
    columns = [list(values) for values in scores.values.values()]
    answers: dict[str, dict[str, Any]] = {}
    for item_id, score, *values in zip(request.item_ids, scores.score, *columns, strict=True):
        heads = dict(zip(scores.values, values, strict=True))
        answers[item_id] = {"item_id": item_id, "score": score, "heads": heads}
    group = user_group.group
    unread = unread_texts(bundle, NO_PLAN, user_group.state.profile, request.state.events)
    return {
        "user_id": group.user_id,
        "status": "ok",
        "scores": [answers.get(item_id, {"item_id": item_id, "unknown": True}) for item_id in group.item_ids],
        "degraded": (*user_group.degraded, *unread),
        "ignored": name_ignored_of_group(bundle, group),
    }


def failure_answer(bad: BadGroup) -> dict[str, Any]:
    """The value of a GroupError."""
    return {"user_id": bad.user_id, "status": "error", "error": bad.error.shape()}
