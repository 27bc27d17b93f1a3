"""What is recommended, and to whom: items, users, and what is known of a user at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from models.contract.events import Event

Attribute = str | float | tuple[str, ...]
"""A text or category is a str, a number a float, a set of categories a tuple of str."""

NO_ATTRIBUTES: Mapping[str, Attribute] = MappingProxyType({})
NO_VECTORS: Mapping[str, tuple[float, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that can be recommended. `vectors` holds other modalities (image, audio) by field name."""

    item_id: str
    attributes: Mapping[str, Attribute] = field(default_factory=lambda: NO_ATTRIBUTES)
    vectors: Mapping[str, tuple[float, ...]] = field(default_factory=lambda: NO_VECTORS)
    available: bool = True


@dataclass(frozen=True, slots=True)
class User:
    """A user's profile. `interests` is what the user said, in words, that they want."""

    user_id: str
    attributes: Mapping[str, Attribute] = field(default_factory=lambda: NO_ATTRIBUTES)
    interests: str = ""


@dataclass(frozen=True, slots=True)
class UserState:
    """All that is known of a user at one moment; events oldest first. No user_id: an anonymous visitor."""

    user_id: str | None = None
    profile: User | None = None
    events: tuple[Event, ...] = ()
    past_items: frozenset[str] = frozenset()  # items of older events, of which no more is kept

    @property
    def seen(self) -> frozenset[str]:
        """Every item that the user had to do with."""
        return self.past_items.union(event.item_id for event in self.events)
