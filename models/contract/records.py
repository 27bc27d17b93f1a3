"""JSON records of items, users, events and golden requests in a bundle's files."""

from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from models.contract.catalogue import NO_VECTORS, Attribute, Item, User, UserState
from models.contract.events import Event


class ItemRecord(BaseModel):
    """One item."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    item_id: str
    attributes: dict[str, Attribute] = {}
    vectors: dict[str, tuple[float, ...]] = {}
    available: bool = True


class UserRecord(BaseModel):
    """One user's profile."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user_id: str
    attributes: dict[str, Attribute] = {}
    interests: str = ""


class EventRecord(BaseModel):
    """One event."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    item_id: str
    action: str
    timestamp: float
    value: float | None = None
    context: dict[str, str] = Field(default_factory=dict)
    text: str = ""


class GoldenRequest(BaseModel):
    """A request with the offline network's logits, which the service must reproduce."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    """The case that the request covers, for messages."""
    profile: UserRecord | None
    events: tuple[EventRecord, ...]
    now: float
    context: dict[str, str]
    query: str = ""
    """The request's text query; "" for none."""
    item_ids: tuple[str, ...]
    logits: dict[str, tuple[tuple[float, ...], ...]]
    """Head -> for each item of `item_ids`, its logits."""

    def state(self) -> UserState:
        """The user of the request: profile and events."""
        events = tuple(
            Event(e.item_id, e.action, e.timestamp, e.value, e.context, e.text) for e in self.events
        )
        profile = None if self.profile is None else to_user(self.profile)
        return UserState(None if profile is None else profile.user_id, profile, events)


class GoldenRequests(BaseModel):
    """All golden requests of a bundle, and the largest allowed difference of a logit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tolerance: float
    requests: tuple[GoldenRequest, ...]


def write_items(path: Path, items: Iterable[Item]) -> None:
    """Write one JSON object per line, in order."""
    with path.open("w", encoding="utf-8") as stream:
        for item in items:
            record = ItemRecord(
                item_id=item.item_id,
                attributes=dict(item.attributes),
                vectors=dict(item.vectors),
                available=item.available,
            )
            stream.write(record.model_dump_json() + "\n")


def read_items(path: Path) -> list[Item]:
    """Read the items of a file; raises pydantic's ValidationError for a malformed line."""
    with path.open(encoding="utf-8") as stream:
        records = (ItemRecord.model_validate_json(line) for line in stream)
        return [
            Item(record.item_id, record.attributes, record.vectors or NO_VECTORS, record.available)
            for record in records
        ]


def write_users(path: Path, users: Iterable[User]) -> None:
    """Write one JSON object per line, in order."""
    with path.open("w", encoding="utf-8") as stream:
        for user in users:
            stream.write(from_user(user).model_dump_json() + "\n")


def read_users(path: Path) -> list[User]:
    """Read the users of a file; raises pydantic's ValidationError for a malformed line."""
    with path.open(encoding="utf-8") as stream:
        return [to_user(UserRecord.model_validate_json(line)) for line in stream]


def from_user(user: User) -> UserRecord:
    """Convert a user to a record."""
    return UserRecord(user_id=user.user_id, attributes=dict(user.attributes), interests=user.interests)


def to_user(record: UserRecord) -> User:
    """Convert a record to a user."""
    return User(record.user_id, record.attributes, record.interests)
