"""Wire types of recommend and rank: requests and answers."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from app.api.schemas.events import SESSION_EVENTS, Context, SessionEvent
from app.api.schemas.exploration import ExplorationRequest
from app.api.schemas.filters import Filter
from app.api.schemas.notes import NoteAnswer
from app.api.schemas.plan import PlanWire
from app.api.schemas.popularity import PopularityRequest
from app.api.schemas.scalars import (
    STRICT,
    HeadName,
    Id,
    Label,
    Strength,
    Value,
    Weight,
    check_distinct,
    check_weights,
    field_error,
)
from models.ranking.registry import RERANKERS, join_method_names

CURSOR_LENGTH = 48 << 10
"""The most characters of a cursor, so that a request with one stays below 64 KiB."""
EXCLUDED = 10_000
"""The most ids that a request leaves out."""
RANKED = 1000
"""The most items of a rank call."""


def check_method(value: Any) -> Any:
    """The name of a registered re-ranker; raises ValueError for anything else."""
    if not isinstance(value, str) or value not in RERANKERS:
        raise ValueError(f"expected {join_method_names()}")
    return value


def list_methods(schema: dict[str, Any]) -> None:
    """Add the registered names to a JSON schema."""
    schema["enum"] = list(RERANKERS)


Method = Annotated[str, BeforeValidator(check_method), Field(json_schema_extra=list_methods)]


class DiversityRequest(BaseModel):
    """How the list is diversified: strength 0 is pure relevance, 1 the most diverse.

    What is left out is the bundle's default, which GET /v1/model shows.
    """

    model_config = STRICT

    method: Method | None = None
    strength: Strength | None = None
    max_per_category: Annotated[int, Field(ge=1, le=1000)] | None = None
    max_consecutive: Annotated[int, Field(ge=1, le=1000)] | None = None


class CritiqueRequest(BaseModel):
    """The user's opinion about an earlier answer. With `keep`, what it praises stands first in this one."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={
            "example": {
                "of": "6c1e6a7f2b4d4d0c9d0f5e1a3b2c4d5e",
                "text": "the first two are great, no Inception, more like that",
            }
        }
    )

    of: Id
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    keep: bool = False


EXAMPLE: dict[str, Any] = {
    "user_id": "42",
    "limit": 10,
    "context": {"timestamp": 1763740800, "device": "mobile"},
    "session": [{"item_id": "1196", "action": "rate", "value": 5, "timestamp": 1763740000}],
    "query": "light-hearted science fiction, nothing scary",
    "weights": {"next": 0.5},
    "diversity": {"method": "mmr", "strength": 0.3, "max_per_category": 4},
    "exclude_ids": ["260"],
    "explain": True,
}


class ListRequest(BaseModel):
    """The fields that recommend and rank share. One of user_id, session, query, plan and cursor is required."""

    model_config = STRICT | ConfigDict(json_schema_extra={"example": EXAMPLE})

    user_id: Id | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 10
    scene: Label | None = None
    context: Context | None = None
    session: Annotated[list[SessionEvent], Field(max_length=SESSION_EVENTS)] | None = None
    query: Annotated[str, Field(max_length=2000)] | None = None
    plan: PlanWire | None = None
    weights: (
        Annotated[dict[HeadName, Weight], Field(max_length=100), AfterValidator(check_weights)] | None
    ) = None
    diversity: DiversityRequest | None = None
    exploration: ExplorationRequest | None = None
    popularity: PopularityRequest | None = None
    variant: (
        Annotated[
            Label, Field(description="EXPERIMENT:VARIANT to answer by, in place of the user's; not counted")
        ]
        | None
    ) = None
    filter: Filter | None = None
    exclude_ids: Annotated[list[Id], Field(max_length=EXCLUDED)] | None = None
    exclude_seen: bool = True
    fields: Annotated[list[Label], Field(max_length=200)] | None = None
    explain: bool = False
    cursor: Annotated[str, Field(max_length=CURSOR_LENGTH)] | None = None

    @model_validator(mode="after")
    def check_inputs(self) -> Self:
        if self.query is not None and self.plan is not None:
            raise field_error("plan", "expected a query or a plan, given both")
        if not self.has_input:
            raise field_error(
                "user_id",
                "expected one of user_id, session, query, plan and cursor, given none of them",
            )
        return self

    @property
    def has_input(self) -> bool:
        """Whether the request says for whom, or after what."""
        given = (self.user_id, self.session, self.query or None, self.plan, self.cursor)
        return any(value is not None for value in given)


class RecommendRequest(ListRequest):
    """POST /v1/recommend. One of user_id, session, query, plan, critique and cursor is required."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    critique: CritiqueRequest | None = None

    @model_validator(mode="after")
    def check_critique(self) -> Self:
        if self.critique is not None and (self.query or self.plan is not None or self.cursor is not None):
            raise field_error(
                "critique",
                "expected a critique alone, which goes on from the plan of its answer, given other words",
            )
        return self

    @property
    def has_input(self) -> bool:
        """Whether the request says for whom, or after what."""
        return self.critique is not None or super().has_input


class RankRequest(ListRequest):
    """POST /v1/rank: exactly these items, ranked. Seen items are kept unless exclude_seen is true."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"user_id": "42", "item_ids": ["1", "50", "181"]}}
    )

    item_ids: (
        Annotated[list[Id], Field(min_length=1, max_length=RANKED), AfterValidator(check_distinct)] | None
    ) = None
    limit: Annotated[int, Field(ge=1, le=RANKED)] = RANKED
    exclude_seen: bool = False

    @model_validator(mode="after")
    def check_items(self) -> Self:
        if self.item_ids is None and self.cursor is None:
            raise field_error("item_ids", "expected item_ids, given none")
        return self


class HeadValue(BaseModel):
    """A head's calibrated prediction, and its contribution to the item's score."""

    model_config = STRICT

    value: float
    contribution: float


class ReasonAnswer(BaseModel):
    """A reason for recommending an item; `strength` is on the scale of the score."""

    model_config = STRICT

    code: str
    item_ids: list[str]
    strength: float
    text: str


class RankedItem(BaseModel):
    """One item of the list. The contributions of its heads add up to its score."""

    model_config = STRICT

    item_id: str
    rank: Annotated[int, Field(ge=1)]
    score: float
    heads: dict[str, HeadValue]
    sources: list[str]
    reasons: list[ReasonAnswer]
    fields: dict[str, Value]
    propensity: float | None = (
        None  # with explain: the probability of the item at this place, given those above it
    )


class UnknownItem(BaseModel):
    """An item to be ranked that the bundle does not know."""

    model_config = STRICT

    item_id: str
    rank: Annotated[int, Field(ge=1)]
    unknown: Literal[True]


class DiversityAnswer(BaseModel):
    """The diversity of the list, and the mean relevance given up for it."""

    model_config = STRICT

    method: str
    intra_list_diversity: float
    relevance_cost: float


class CritiqueAnswer(BaseModel):
    """The meaning of a critique, and how many of its opinions were stored as events of the user.

    `ignored` is true if nothing was understood.
    """

    model_config = STRICT

    of: str
    praised: list[str]
    refused: list[str]
    stored: int
    duplicates: int
    ignored: bool = False


class RecommendAnswer(BaseModel):
    """A page of recommendations; `cursor` asks for the next page and is null at the end of the list."""

    model_config = STRICT

    recommendation_id: str
    model_version: str
    variant: (
        Annotated[str, Field(description="EXPERIMENT:VARIANT by which it is answered, if any")] | None
    ) = None
    items: list[RankedItem]
    diversity: DiversityAnswer
    degraded: list[str]
    ignored: list[str]
    notes: list[NoteAnswer]
    plan: PlanWire | None = None
    critique: CritiqueAnswer | None = None
    cursor: str | None
    took_ms: dict[str, float]


class RankAnswer(BaseModel):
    """The requested items, ranked; unknown ones come last."""

    model_config = STRICT

    recommendation_id: str
    model_version: str
    variant: str | None = None
    items: list[RankedItem | UnknownItem]
    diversity: DiversityAnswer
    degraded: list[str]
    ignored: list[str]
    notes: list[NoteAnswer]
    plan: PlanWire | None = None
    cursor: str | None
    took_ms: dict[str, float]
