"""Wire types of users: the profile to store, and the answers about a user."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas.scalars import STRICT, Attributes, Id, Value


class UserRequest(BaseModel):
    """PUT /v1/users/{user_id}: replaces the profile and the stated interests."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={"example": {"attributes": {"age": 31}, "interests": "slow, funny films"}}
    )

    attributes: Attributes = Field(default_factory=dict)
    interests: Annotated[str, Field(max_length=2000)] = ""


class ProfileAnswer(BaseModel):
    """A user's profile."""

    model_config = STRICT

    attributes: dict[str, Value]
    interests: str


class UserEvent(BaseModel):
    """An event of a user's history. Events of the bundle have no context, recommendation and rank.

    `timestamp` is null for an earlier event of the training data, of which only the order is known.
    """

    model_config = STRICT

    item_id: str
    action: str
    value: float | None
    timestamp: float | None
    context: dict[str, str]
    recommendation_id: str | None
    rank: int | None
    text: str | None = Field(default=None, exclude_if=lambda text: text is None)
    """Left out for an event without one."""


class UserAnswer(BaseModel):
    """The profile, and the events of the store and of training, oldest first.

    `past_item_ids` are the items of older events, of which only the items are kept.
    """

    model_config = STRICT

    user_id: str
    profile: ProfileAnswer | None
    event_count: int
    events: list[UserEvent]
    past_item_ids: list[str]
    merged_into: str | None
    """The user to whom everything was moved by a merge; events above came later."""
    merged_from: list[str]
    """The ids that were merged into the user."""
    erased_at: float | None
    """The time of the user's erasure; all above came later."""
    event_ids_remembered: int
    """How many event ids are stored as digests, so that a retry is harmless."""


class UserPutAnswer(BaseModel):
    """A profile that was stored. `ignored` is left out if it is empty."""

    model_config = STRICT

    user_id: str
    profile: ProfileAnswer
    ignored: Annotated[
        list[str], Field(description="what the bundle does not know or cannot read; it is stored")
    ] = []


class ErasureAnswer(BaseModel):
    """The receipt of an erasure: when, how many records of each kind were deleted, and what remains.

    `remains` has sentences by their subject: `mark`, and where they apply `append_only_file` and `bundle`.
    """

    model_config = STRICT

    user_id: str
    erased_at: float
    deleted: dict[str, int]
    receipt: str
    remains: dict[str, str]


class ErasureStatus(BaseModel):
    """Where an erasure stands. It names no user.

    `bundle_knows_user`: the bundle in use has a history or a profile of the user, which no answer reads.
    """

    model_config = STRICT

    receipt: str
    erased_at: float
    deleted: dict[str, int]
    model_version: str
    bundle_knows_user: bool
    first_bundle_without: Annotated[
        str | None,
        Field(description="the first model version that was served without the user; null: none yet"),
    ]
    remains: dict[str, str]


class MergeRequest(BaseModel):
    """POST /v1/users/{user_id}/merge: move everything of the user `from` to the user of the path."""

    model_config = STRICT | ConfigDict(json_schema_extra={"example": {"from": "anonymous-7f3a"}})

    source: Annotated[Id, Field(alias="from")]


class MergeAnswer(BaseModel):
    """The numbers of moved records of each kind; `profile` is 1 where the user's profile was filled."""

    model_config = STRICT | ConfigDict(populate_by_name=True)

    user_id: str
    source: Annotated[str, Field(alias="from")]
    merged_at: float
    moved: dict[str, int]
