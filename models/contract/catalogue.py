"""Items, user profiles, and the state of a user (profile and events) at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from models.contract.events import Event

Attribute = str | float | tuple[str, ...]
"""A str for a text or category, a float for a number, a tuple of str for a set of categories."""

NO_ATTRIBUTES: Mapping[str, Attribute] = MappingProxyType({})
NO_VECTORS: Mapping[str, tuple[float, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Item:
    """One item that can be recommended. `vectors` holds other modalities (image, audio) by field name."""

    item_id: str
    attributes: Mapping[str, Attribute] = field(default_factory=lambda: NO_ATTRIBUTES)
    vectors: Mapping[str, tuple[float, ...]] = field(default_factory=lambda: NO_VECTORS)
    available: bool = True


@dataclass(frozen=True, slots=True)
class User:
    """A user's profile. `interests` is a text in which the user states what they like."""

    user_id: str
    attributes: Mapping[str, Attribute] = field(default_factory=lambda: NO_ATTRIBUTES)
    interests: str = ""


@dataclass(frozen=True, slots=True)
class UserState:
    """Profile and events of a user at one moment, events oldest first. `user_id` None: an anonymous visitor."""

    user_id: str | None = None
    profile: User | None = None
    events: tuple[Event, ...] = ()
    past_items: frozenset[str] = frozenset()  # items of older events, of which only the id is kept
    in_session: bool = False  # the newest events came with the request, as those of the present session
