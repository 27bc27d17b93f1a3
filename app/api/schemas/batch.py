"""Wire types of batch scoring: groups of a user and items, and their scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from app.api.schemas.errors import ErrorShape
from app.api.schemas.events import Context, SessionEvent
from app.api.schemas.scalars import STRICT, Id
from app.api.validation import describe_body
from app.errors import ChorusError

PAIRS = 10_000
"""The most (user, item) pairs of a call."""


class Group(BaseModel):
    """One user and the items to be scored for them. Without user_id and session: a new user."""

    model_config = STRICT

    user_id: Id | None = None
    item_ids: Annotated[list[Id], Field(min_length=1, max_length=PAIRS)]
    context: Context | None = None
    session: Annotated[list[SessionEvent], Field(max_length=500)] | None = None


@dataclass(frozen=True, slots=True)
class BadGroup:
    """A group that cannot be parsed or scored: it fails alone."""

    user_id: str | None
    error: ChorusError


def _parse_group(value: Any, parse: ValidatorFunctionWrapHandler) -> Group | BadGroup:
    try:
        group: Group = parse(value)
    except ValidationError as error:
        user_id = value.get("user_id") if isinstance(value, dict) else None
        return BadGroup(user_id if isinstance(user_id, str) else None, describe_body(error))
    return group


def _check_pairs(groups: Sequence[Group | BadGroup]) -> Sequence[Group | BadGroup]:
    pairs = sum(len(group.item_ids) for group in groups if isinstance(group, Group))
    if pairs > PAIRS:
        raise ValueError(f"expected up to {PAIRS} pairs a call, given {pairs}")
    return groups


class BatchRequest(BaseModel):
    """POST /v1/batch-score."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={"example": {"groups": [{"user_id": "42", "item_ids": ["1", "50"]}]}}
    )

    groups: Annotated[
        list[Annotated[Group, WrapValidator(_parse_group)]],
        Field(min_length=1, max_length=PAIRS),
        AfterValidator(_check_pairs),
    ]
    """Groups, with a BadGroup in the position of each one that cannot be parsed."""


class PairScore(BaseModel):
    """One pair's score and head values."""

    model_config = STRICT

    item_id: str
    score: float
    heads: dict[str, float]


class UnknownPair(BaseModel):
    """A pair whose item the bundle does not know."""

    model_config = STRICT

    item_id: str
    unknown: Literal[True]


class GroupScores(BaseModel):
    """A group that was scored; its scores are in the order of its item_ids."""

    model_config = STRICT

    user_id: str | None
    status: Literal["ok"]
    scores: list[PairScore | UnknownPair]
    degraded: list[str]
    ignored: list[str]


class GroupError(BaseModel):
    """A group that failed; the other groups are not affected."""

    model_config = STRICT

    user_id: str | None
    status: Literal["error"]
    error: ErrorShape


class BatchAnswer(BaseModel):
    """The groups in the order of the request."""

    model_config = STRICT

    model_version: str
    groups: list[GroupScores | GroupError]
