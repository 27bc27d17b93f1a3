"""What a caller gets. Answers are written by hand for speed; these types document them, and tests check them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

ANSWER = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)
Value = str | float | list[str]
Status = Literal["ready", "alive"]


class ErrorShape(BaseModel):
    """What went wrong: a word for machines, a sentence for people, and the field that it is about."""

    model_config = ANSWER

    code: str
    message: str
    field: str | None


class ErrorAnswer(BaseModel):
    """Every error, of every endpoint."""

    model_config = ANSWER

    error: ErrorShape


class HeadValue(BaseModel):
    """A head's calibrated prediction, and its part of the item's score."""

    model_config = ANSWER

    value: float
    contribution: float


class ReasonAnswer(BaseModel):
    """Why an item is here; `strength` is on the score's scale."""

    model_config = ANSWER

    code: str
    item_ids: list[str]
    strength: float
    text: str


class RankedItem(BaseModel):
    """One item of the list. The contributions of its heads add up to its score."""

    model_config = ANSWER

    item_id: str
    rank: Annotated[int, Field(ge=1)]
    score: float
    heads: dict[str, HeadValue]
    sources: list[str]
    reasons: list[ReasonAnswer]
    fields: dict[str, Value]


class UnknownItem(BaseModel):
    """An item to be ranked that the bundle does not know."""

    model_config = ANSWER

    item_id: str
    rank: Annotated[int, Field(ge=1)]
    unknown: Literal[True]


class DiversityAnswer(BaseModel):
    """How diverse the list is, and what relevance was given up for it."""

    model_config = ANSWER

    method: str
    intra_list_diversity: float
    relevance_cost: float


class RecommendAnswer(BaseModel):
    """A page of recommendations; `cursor` asks for the next, and is null where the list ends."""

    model_config = ANSWER

    recommendation_id: str
    model_version: str
    items: list[RankedItem]
    diversity: DiversityAnswer
    degraded: list[str]
    cursor: str | None
    took_ms: dict[str, float]


class RankAnswer(BaseModel):
    """The given items, ranked; unknown ones last."""

    model_config = ANSWER

    recommendation_id: str
    model_version: str
    items: list[RankedItem | UnknownItem]
    diversity: DiversityAnswer
    degraded: list[str]
    cursor: str | None
    took_ms: dict[str, float]


class PairScore(BaseModel):
    """One pair's score and head values."""

    model_config = ANSWER

    item_id: str
    score: float
    heads: dict[str, float]


class UnknownPair(BaseModel):
    """A pair whose item the bundle does not know."""

    model_config = ANSWER

    item_id: str
    unknown: Literal[True]


class GroupScores(BaseModel):
    """A group that was scored."""

    model_config = ANSWER

    user_id: str | None
    status: Literal["ok"]
    scores: list[PairScore | UnknownPair]
    degraded: list[str]


class GroupError(BaseModel):
    """A group that failed, alone."""

    model_config = ANSWER

    user_id: str | None
    status: Literal["error"]
    error: ErrorShape


class BatchAnswer(BaseModel):
    """Every group in the order given."""

    model_config = ANSWER

    model_version: str
    groups: list[GroupScores | GroupError]


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
    """All that is known of a user: the profile, and the events of the store and of training, oldest first."""

    model_config = ANSWER

    user_id: str
    profile: ProfileAnswer | None
    events: list[UserEvent]


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
