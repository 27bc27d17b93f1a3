"""What a caller gets about records: events, items, users, the model, the service's health."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.api.schemas.answers import ANSWER, ErrorShape, Value

Status = Literal["ready", "alive"]


class RejectedEvent(BaseModel):
    """An event that was not stored, by its place in the call."""

    model_config = ANSWER

    index: Annotated[int, Field(ge=0)]
    error: ErrorShape


class EventsAnswer(BaseModel):
    """Accepted means stored."""

    model_config = ANSWER

    accepted: int
    duplicates: int
    rejected: list[RejectedEvent]


class SimilarItem(BaseModel):
    """An item like the one asked about."""

    model_config = ANSWER

    item_id: str
    similarity: float


class SimilarAnswer(BaseModel):
    """The most similar items, best first."""

    model_config = ANSWER

    item_id: str
    model_version: str
    items: list[SimilarItem]


class ItemAnswer(BaseModel):
    """An item that was put."""

    model_config = ANSWER

    item_id: str
    available: bool
    catalogue_version: int


class ItemDeletion(BaseModel):
    """An item that was deleted."""

    model_config = ANSWER

    item_id: str
    deleted: Literal[True]
    catalogue_version: int


class ProfileAnswer(BaseModel):
    """A user's profile."""

    model_config = ANSWER

    attributes: dict[str, Value]
    interests: str


class UserEvent(BaseModel):
    """An event of a user's history."""

    model_config = ANSWER

    item_id: str
    action: str
    value: float | None
    timestamp: float
    context: dict[str, str]


class UserAnswer(BaseModel):
    """All that is known of a user: the profile, and the events of the store and of training, oldest first.

    `past_item_ids` are the items of older events, of which no more is kept.
    """

    model_config = ANSWER

    user_id: str
    profile: ProfileAnswer | None
    events: list[UserEvent]
    past_item_ids: list[str]


class UserPutAnswer(BaseModel):
    """A profile that was put."""

    model_config = ANSWER

    user_id: str
    profile: ProfileAnswer


class ErasureAnswer(BaseModel):
    """The receipt of an erasure."""

    model_config = ANSWER

    user_id: str
    erased_at: float
    deleted: dict[str, int]
    receipt: str


class HeadAnswer(BaseModel):
    """A head of the bundle."""

    model_config = ANSWER

    name: str
    kind: str
    classes: int


class ModelAnswer(BaseModel):
    """The bundle in use."""

    model_config = ANSWER

    model_version: str
    job: str
    created_at: str
    statistics_at: float
    items: int
    heads: list[HeadAnswer]
    fusion: str
    weights: dict[str, float]
    scenes: dict[str, dict[str, float]]
    actions: list[str]
    item_fields: dict[str, str]
    user_fields: dict[str, str]
    context_fields: list[str]
    text_encoder: str | None
    summary: dict[str, float]


class HealthAnswer(BaseModel):
    """The service is there."""

    model_config = ANSWER

    status: Status
