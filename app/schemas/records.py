"""What is put by name: items, users, and the bundle to load."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.scalars import STRICT, TEXT_LENGTH, Attributes, Label, VectorValue


class ItemRequest(BaseModel):
    """PUT /v1/items/{item_id}: replaces the item. `text` may hold the text attributes apart."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={
            "example": {"attributes": {"year": 1999, "genres": ["Sci-Fi"]}, "text": {"title": "The Matrix"}}
        }
    )

    attributes: Attributes = Field(default_factory=dict)
    text: Annotated[dict[Label, Annotated[str, Field(max_length=TEXT_LENGTH)]], Field(max_length=200)] = (
        Field(default_factory=dict)
    )
    vectors: Annotated[dict[Label, VectorValue], Field(max_length=20)] = Field(default_factory=dict)
    available: bool = True


class UserRequest(BaseModel):
    """PUT /v1/users/{user_id}: replaces the profile and what the user said they want."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={"example": {"attributes": {"age": 31}, "interests": "slow, funny films"}}
    )

    attributes: Attributes = Field(default_factory=dict)
    interests: Annotated[str, Field(max_length=2000)] = ""


class ReloadRequest(BaseModel):
    """POST /v1/model/reload: a bundle's name in the bundles' folder, never a path."""

    model_config = STRICT | ConfigDict(json_schema_extra={"example": {"bundle": "movielens-100k"}})

    bundle: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$")]
