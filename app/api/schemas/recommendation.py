"""What a caller asks: recommend and rank."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from app.api.schemas.filters import Filter
from app.api.schemas.interactions import Context, SessionEvent
from app.api.schemas.scalars import STRICT, Finite, Id, Label, about, distinct, some_weight
from models.ranking.registry import RERANKERS, named_methods
from models.ranking.rerank import Diversity

CURSOR_LENGTH = 65_536
RANKED = 1000
"""Items that one call ranks."""

Weight = Annotated[Finite, Field(ge=-100, le=100)]
Strength = Annotated[Finite, Field(ge=0, le=1)]
HeadName = Annotated[str, Field(min_length=1, max_length=80)]
DEFAULT = Diversity()


def check_method(given: Any) -> Any:
    """The name of a registered re-ranker; raises ValueError for anything else."""
    if not isinstance(given, str) or given not in RERANKERS:
        raise ValueError(f"expected {named_methods()}")
    return given


def list_methods(schema: dict[str, Any]) -> None:
    """Add the registered names to a JSON schema."""
    schema["enum"] = list(RERANKERS)


Method = Annotated[str, BeforeValidator(check_method), Field(json_schema_extra=list_methods)]


class DiversityRequest(BaseModel):
    """How the list is spread: strength 0 is pure relevance, 1 the most diverse."""

    model_config = STRICT

    method: Method = DEFAULT.method
    strength: Strength = DEFAULT.strength
    max_per_category: Annotated[int, Field(ge=1, le=1000)] | None = None


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


class RecommendRequest(BaseModel):
    """POST /v1/recommend. One of user_id, session, query and cursor must be there."""

    model_config = STRICT | ConfigDict(json_schema_extra={"example": EXAMPLE})

    user_id: Id | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 10
    scene: Label | None = None
    context: Context | None = None
    session: Annotated[list[SessionEvent], Field(max_length=500)] | None = None
    query: Annotated[str, Field(max_length=2000)] | None = None
    weights: Annotated[dict[HeadName, Weight], Field(max_length=100), AfterValidator(some_weight)] | None = (
        None
    )
    diversity: DiversityRequest | None = None
    filter: Filter | None = None
    exclude_ids: Annotated[list[Id], Field(max_length=10_000)] | None = None
    exclude_seen: bool = True
    fields: Annotated[list[Label], Field(max_length=200)] | None = None
    explain: bool = False
    cursor: Annotated[str, Field(max_length=CURSOR_LENGTH)] | None = None

    @model_validator(mode="after")
    def check_asked(self) -> Self:
        asked = (self.user_id, self.session, self.query or None, self.cursor)
        if all(value is None for value in asked):
            raise about("user_id", "expected one of user_id, session, query and cursor, given none of them")
        return self


class RankRequest(RecommendRequest):
    """POST /v1/rank: exactly these items, ranked. Seen items stay unless exclude_seen says otherwise."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"user_id": "42", "item_ids": ["1", "50", "181"]}}
    )

    item_ids: Annotated[list[Id], Field(min_length=1, max_length=RANKED), AfterValidator(distinct)] | None = (
        None
    )
    limit: Annotated[int, Field(ge=1, le=RANKED)] = RANKED
    exclude_seen: bool = False

    @model_validator(mode="after")
    def check_items(self) -> Self:
        if self.item_ids is None and self.cursor is None:
            raise about("item_ids", "expected item_ids, given none")
        return self
