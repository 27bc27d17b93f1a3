"""Encode items and profiles as JSON documents of the store."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from app.state.protocol import ItemChange, ItemPatch
from app.state.redis.codec import CorruptValueError
from models.contract.catalogue import Attribute, Item, User

TOMBSTONE = b"null"
"""The document of a deleted item."""


class ItemDocument(BaseModel):
    """An item as stored; its id is the key."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    attributes: dict[str, Attribute] = {}
    vectors: dict[str, tuple[float, ...]] = {}
    available: bool = True
    changed_at: float | None = None


class PatchDocument(BaseModel):
    """A patch of an item of the bundle as stored; null removes a field."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    patch: Literal[True]
    attributes: dict[str, Attribute | None] = {}
    vectors: dict[str, tuple[float, ...] | None] = {}
    available: bool | None = None
    changed_at: float | None = None


CHANGED: TypeAdapter[ItemDocument | PatchDocument] = TypeAdapter(ItemDocument | PatchDocument)


class ProfileDocument(BaseModel):
    """A profile as stored; the user's id is in the key."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    attributes: dict[str, Attribute] = {}
    interests: str = ""


def pack_item(content: Item | ItemPatch, changed_at: float | None = None) -> bytes:
    """The document of an item or a patch. Raises ValueError for a value that JSON does not have, such as infinity."""
    values = {
        "attributes": dict(content.attributes),
        "vectors": dict(content.vectors),
        "available": content.available,
        "changed_at": changed_at,
    }
    if isinstance(content, ItemPatch):
        return PatchDocument.model_validate({"patch": True, **values}).model_dump_json().encode()
    return ItemDocument.model_validate(values).model_dump_json().encode()


def unpack_item(item_id: str, stored: bytes) -> ItemChange:
    """The change of an item from its document or tombstone. Raises CorruptValueError."""
    if stored == TOMBSTONE:
        return ItemChange(item_id, None)
    try:
        document = CHANGED.validate_json(stored)
    except ValidationError as exc:
        raise CorruptValueError(f"expected an item, given {len(stored)} bytes of something else") from exc
    content: Item | ItemPatch
    if isinstance(document, PatchDocument):
        content = ItemPatch(item_id, document.attributes, document.vectors, document.available)
    else:
        content = Item(item_id, document.attributes, document.vectors, document.available)
    return ItemChange(item_id, content, document.changed_at)


def pack_profile(user: User) -> bytes:
    """A profile's document. Raises ValueError for a value that JSON does not have."""
    document = ProfileDocument(attributes=dict(user.attributes), interests=user.interests)
    return document.model_dump_json().encode()


def unpack_profile(user_id: str, stored: bytes) -> User:
    """The profile of a document. Raises CorruptValueError."""
    try:
        document = ProfileDocument.model_validate_json(stored)
    except ValidationError as exc:
        raise CorruptValueError(f"expected a profile, given {len(stored)} bytes of something else") from exc
    return User(user_id, document.attributes, document.interests)
