"""Wire types of explain: a request with one item, and why the item is in the list or what stopped it."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas.recommendation import HeadValue, ListRequest, ReasonAnswer, RecommendRequest
from app.api.schemas.scalars import STRICT, Id
from app.pipeline.why_not.verdict import Rule, Stage

EXAMPLE: dict[str, Any] = {"user_id": "42", "limit": 10, "item_id": "50"}


class ExplainRequest(ListRequest):
    """POST /v1/explain: the body of a recommend call, but for a critique, and the item in question."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    item_id: Id

    @property
    def recommendation(self) -> RecommendRequest:
        """The body of the recommend call; its cursor is one of recommend."""
        values = {name: getattr(self, name) for name in ListRequest.model_fields}
        return RecommendRequest.model_construct(self.model_fields_set - {"item_id"}, **values)


class PlaceAnswer(BaseModel):
    """The item's place among others, from 1, and how far it is behind the last one that is in."""

    model_config = STRICT

    place: Annotated[int, Field(ge=1)]
    of: Annotated[int, Field(ge=1)]
    gap: Annotated[float, Field(ge=0)]


class StopAnswer(BaseModel):
    """The first rule that stopped the item, and the stage that has it."""

    model_config = STRICT

    stage: Stage
    rule: Rule
    place: PlaceAnswer | None


class NeedAnswer(BaseModel):
    """A change of the request or of the item; `to` null: left out."""

    model_config = STRICT

    change: str
    to: float | bool | None


class ExplainAnswer(BaseModel):
    """Why the item is in the list of the request, or what stopped it and what would let it in.

    `would_need` has alternatives: all changes of one of them are needed.
    """

    model_config = STRICT

    item_id: str
    model_version: str
    variant: str | None = None
    recommended: bool
    rank: Annotated[int, Field(ge=1)] | None
    stopped_by: StopAnswer | None
    would_need: list[list[NeedAnswer]]
    score: float | None
    heads: dict[str, HeadValue]
    sources: list[str]
    reasons: list[ReasonAnswer]
    degraded: list[str]
    ignored: list[str]
    took_ms: dict[str, float]
