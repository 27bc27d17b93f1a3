"""What a caller gets. Answers are written by hand for speed; these types document them, tests check them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

ANSWER = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)
Value = str | float | list[str]


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
