"""Wire types of similar items: to one item, and to several."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.api.schemas.filters import Filter
from app.api.schemas.scalars import STRICT, Id, check_distinct

GIVEN = 100
"""The most items of a request."""

Limit = Annotated[int, Field(ge=1, le=100)]


class SimilarQuery(BaseModel):
    """The query string of GET /v1/items/{item_id}/similar."""

    model_config = ConfigDict(extra="forbid")

    limit: Limit = 10


class SimilarRequest(BaseModel):
    """POST /v1/items/similar: the items most similar to all given ones together."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={"example": {"item_ids": ["50", "181"], "user_id": "42", "limit": 5}}
    )

    item_ids: Annotated[list[Id], Field(min_length=1, max_length=GIVEN), AfterValidator(check_distinct)]
    user_id: Annotated[
        Id | None, Field(description="leaves out every item that the user had an event with")
    ] = None
    filter: Filter | None = None
    limit: Limit = 10


class SimilarItem(BaseModel):
    """An item with its similarity to the requested one, or its mean similarity to all of them, in -1..1."""

    model_config = STRICT

    item_id: str
    similarity: float


class SimilarAnswer(BaseModel):
    """The items most similar to one item, best first."""

    model_config = STRICT

    item_id: str
    model_version: str
    items: list[SimilarItem]


class SimilarToAllAnswer(BaseModel):
    """The items most similar to several, best first; `unknown` are the given ids that the catalogue lacks."""

    model_config = STRICT

    model_version: str
    items: list[SimilarItem]
    unknown: list[str]
    degraded: list[str]
