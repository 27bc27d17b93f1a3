"""Wire types of items: the item to store, and the answers about items."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from app.api.schemas.scalars import (
    STRICT,
    TEXT_LENGTH,
    Attributes,
    AttributeValue,
    Label,
    Value,
    VectorValue,
    field_error,
)


def _text_tag(value: Any) -> str | None:
    """The tag of the union's branch: one text or several; None for neither. Error paths omit tags in <>."""
    if isinstance(value, str):
        return "<one>"
    return "<named>" if isinstance(value, dict) else None


Text = Annotated[str, Field(max_length=TEXT_LENGTH)]
TEXT_TAG = Discriminator(
    _text_tag,
    custom_error_type="text_type",
    custom_error_message="expected a string, or an object of strings by field name",
)
Texts = Annotated[
    Annotated[Text, Tag("<one>")] | Annotated[dict[Label, Text], Field(max_length=200), Tag("<named>")],
    TEXT_TAG,
    Field(description="text attributes by name; a string alone where the bundle has one text field"),
]


class ItemRequest(BaseModel):
    """PUT /v1/items/{item_id}: replaces the item. Texts may be given in `text` or among `attributes`."""

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
            raise field_error("availability", "expected one of available and availability, given both")
        return self


PatchedText = Annotated[Text | None, Field(description="null removes the text")]


class ItemPatchRequest(BaseModel):
    """PATCH /v1/items/{item_id}: the given fields are replaced, null removes one, the others stay."""

    model_config = STRICT | ConfigDict(json_schema_extra={"example": {"attributes": {"year": 1998}}})

    attributes: Annotated[dict[Label, AttributeValue | None], Field(max_length=200)] = Field(
        default_factory=dict
    )
    text: Annotated[
        Annotated[Text, Tag("<one>")]
        | Annotated[dict[Label, PatchedText], Field(max_length=200), Tag("<named>")],
        TEXT_TAG,
    ] = Field(default_factory=dict)
    vectors: Annotated[dict[Label, VectorValue | None], Field(max_length=20)] = Field(default_factory=dict)
    available: Annotated[
        bool | None, Field(description="null: true again, as for an item without this field")
    ] = None
    availability: Annotated[bool | None, Field(description="another name for `available`")] = None

    @model_validator(mode="after")
    def check_fields(self) -> Self:
        if {"available", "availability"} <= self.model_fields_set:
            raise field_error("availability", "expected one of available and availability, given both")
        if not self.model_fields_set:
            raise ValueError("expected at least one field to change, given none")
        return self


class ItemAnswer(BaseModel):
    """An item that was stored. `available` is false by the item's own field or by the job's rule."""

    model_config = STRICT

    item_id: str
    available: bool
    catalogue_version: int


class ItemShown(BaseModel):
    """An item as it is now in effect, where it comes from, and when it was changed last (null: never)."""

    model_config = STRICT

    item_id: str
    attributes: dict[str, Value]
    vectors: dict[str, list[float]]
    available: bool
    unavailable_by: Literal["request", "rule"] | None
    """request: `available` is false; rule: the job's rule does not hold."""
    source: Literal["bundle", "put", "patch"]
    """patch: the bundle's item with later patches."""
    changed_at: float | None


class ItemDeletion(BaseModel):
    """An item that was deleted."""

    model_config = STRICT

    item_id: str
    deleted: Literal[True]
    catalogue_version: int
