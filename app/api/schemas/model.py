"""Wire types of the bundle in use: its description, and the request to load another."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas.replicas import OrderAnswer, ReplicaAnswer
from app.api.schemas.scalars import STRICT
from models.contract.bundle import DefaultDiversity

BUNDLE_NAME = r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$"


class ReloadRequest(BaseModel):
    """POST /v1/model/reload: the name of a bundle in the bundles' folder, never a path."""

    model_config = STRICT | ConfigDict(json_schema_extra={"example": {"bundle": "movielens-100k"}})

    bundle: Annotated[str, Field(pattern=BUNDLE_NAME)]


class HeadAnswer(BaseModel):
    """A head of the bundle; `classes` is 0 for a head of one value."""

    model_config = STRICT

    name: str
    kind: str
    classes: int


class ModelAnswer(BaseModel):
    """The bundle in use, and the names that requests may refer to."""

    model_config = STRICT

    model_version: str
    job: str
    created_at: str
    statistics_at: float
    items: int
    heads: list[HeadAnswer]
    fusion: str
    weights: dict[str, float]
    diversity: DefaultDiversity
    scenes: dict[str, dict[str, float]]
    actions: list[str]
    item_fields: dict[str, str]
    user_fields: dict[str, str]
    context_fields: list[str]
    text_encoder: str | None
    summary: dict[str, float]
    order: OrderAnswer | None
    replicas: list[ReplicaAnswer]
