"""What is put by name: items, users, and the bundle to load."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from app.api.schemas.scalars import STRICT, TEXT_LENGTH, Attributes, Label, VectorValue, about


def _kind(given: Any) -> str | None:
    """One text or several, or neither; a tag in angle brackets never shows in an error's field."""
    if isinstance(given, str):
        return "<one>"
    return "<named>" if isinstance(given, dict) else None


Text = Annotated[str, Field(max_length=TEXT_LENGTH)]
Texts = Annotated[
    Annotated[Text, Tag("<one>")] | Annotated[dict[Label, Text], Field(max_length=200), Tag("<named>")],
    Discriminator(
        _kind,
        custom_error_type="text_type",
        custom_error_message="expected a string, or an object of strings by field name",
    ),
    Field(description="text attributes by name; a string alone where the bundle has one text field"),
]


class ItemRequest(BaseModel):
    """PUT /v1/items/{item_id}: replaces the item. `text` may hold the text attributes apart."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={
            "example": {"attributes": {"year": 1999, "genres": ["Sci-Fi"]}, "text": {"title": "The Matrix"}}
        }
    )

    attributes: Attributes = Field(default_factory=dict)
    text: Texts = Field(default_factory=dict)
    vectors: Annotated[dict[Label, VectorValue], Field(max_length=20)] = Field(default_factory=dict)
    available: Annotated[
        bool,
        Field(description="false: never recommended; asked for by name (rank, batch-score) still scored"),
    ] = True
    availability: Annotated[bool, Field(description="another name for `available`: give one of the two")] = (
        True
    )

    @model_validator(mode="after")
    def check_one_name(self) -> Self:
        if {"available", "availability"} <= self.model_fields_set:
            raise about("availability", "expected one of available and availability, given both")
        return self


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
