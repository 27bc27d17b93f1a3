"""Encode items and profiles as JSON documents of the store."""

from pydantic import BaseModel, ConfigDict, ValidationError

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


class ProfileDocument(BaseModel):
    """A profile as stored; the user's id is in the key."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    attributes: dict[str, Attribute] = {}
    interests: str = ""


def pack_item(item: Item) -> bytes:
    """An item's document. Raises ValueError for a value that JSON does not have, such as an infinite number."""
    document = ItemDocument(
        attributes=dict(item.attributes), vectors=dict(item.vectors), available=item.available
    )
    return document.model_dump_json().encode()


def unpack_item(item_id: str, stored: bytes) -> Item | None:
    """The item of a document; None for a tombstone. Raises CorruptValueError."""
    if stored == TOMBSTONE:
        return None
    try:
        document = ItemDocument.model_validate_json(stored)
    except ValidationError as exc:
        raise CorruptValueError(f"expected an item, given {len(stored)} bytes of something else") from exc
    return Item(item_id, document.attributes, document.vectors, document.available)


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
