"""Scoring many pairs at once: a group is a user with the items to be scored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from app.api.schemas.interactions import Context, SessionEvent
from app.api.schemas.scalars import STRICT, Id
from app.errors import ChorusError, invalid_body

PAIRS = 10_000
"""(user, item) pairs that one call scores."""


class Group(BaseModel):
    """One user and the items to be scored for them. Without user_id and session: a newcomer."""

    model_config = STRICT

    user_id: Id | None = None
    item_ids: Annotated[list[Id], Field(min_length=1, max_length=PAIRS)]
    context: Context | None = None
    session: Annotated[list[SessionEvent], Field(max_length=500)] | None = None


@dataclass(frozen=True, slots=True)
class BadGroup:
    """A group that cannot be read: it fails alone."""

    user_id: str | None
    error: ChorusError


def _alone(given: Any, read: ValidatorFunctionWrapHandler) -> Group | BadGroup:
    """A group, or what is wrong with it."""
    try:
        group: Group = read(given)
    except ValidationError as error:
        user_id = given.get("user_id") if isinstance(given, dict) else None
        return BadGroup(user_id if isinstance(user_id, str) else None, invalid_body(error))
    return group


def _few_pairs(groups: Sequence[Group | BadGroup]) -> Sequence[Group | BadGroup]:
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
        list[Annotated[Group, WrapValidator(_alone)]],
        Field(min_length=1, max_length=PAIRS),
        AfterValidator(_few_pairs),
    ]
    """Each a Group, or a BadGroup in its place."""
