"""Wire types of many items at once, each of which can fail alone, and of the list of changed items."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, FailFast, Field

from app.api.schemas.items import ItemRequest
from app.api.schemas.rows import ROWS, parse_each
from app.api.schemas.scalars import STRICT, Id

EXAMPLE: dict[str, Any] = {"item_id": "new-1", "attributes": {"year": 1999}, "text": {"title": "The Matrix"}}


class ItemRow(ItemRequest):
    """An item to put."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    item_id: Id


class ItemsRequest(BaseModel):
    """POST /v1/items. An item that cannot be stored is rejected alone; of one that comes twice the last stays."""

    model_config = STRICT | ConfigDict(json_schema_extra={"example": {"items": [EXAMPLE]}})

    items: Annotated[
        list[ItemRow], Field(min_length=1, max_length=ROWS), FailFast(), parse_each(ItemRow, "items")
    ]
    """ItemRows, with a BadRow in the position of each one that cannot be parsed."""


class ItemListQuery(BaseModel):
    """The query string of GET /v1/items."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    cursor: Annotated[str, Field(pattern=r"^[0-9]{1,15}$", description="that of the answer before")] = "0"


class ChangedItem(BaseModel):
    """An item that was put, patched or deleted through the API, and when (null: not recorded)."""

    model_config = STRICT

    item_id: str
    change: Literal["put", "patch", "deletion"]
    changed_at: float | None


class ItemListAnswer(BaseModel):
    """Changed items, the oldest change first. `cursor` asks for the next page; null at the end."""

    model_config = STRICT

    items: list[ChangedItem]
    cursor: str | None
