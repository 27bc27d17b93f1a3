"""Where user state lives, behind one protocol with two implementations: Redis, and memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from models.contract.catalogue import Item, User, UserState
from models.contract.events import Event


class StateUnavailableError(Exception):
    """The store did not answer in time, or refused. Of a write, a part may be stored: whole users of a batch.

    The caller may try again; events with the same event ids are not stored twice.
    """


class StoreFullError(Exception):
    """The store holds as many items as it may."""


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event on its way into the store: whose it is, its retry key, and what it answers."""

    user_id: str
    event: Event
    event_id: str | None = None
    recommendation_id: str | None = None
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """One accepted event and its place in the stream."""

    entry_id: str
    recorded: RecordedEvent


@dataclass(frozen=True, slots=True)
class StoredUser:
    """All that the store has of a user."""

    state: UserState  # profile None where none was put; events without their contexts
    erased_at: float | None = None  # set: the user was erased; a bundle's history of them must not be used
    catalogue_version: int = 0  # of the same round trip: changes with every item put or deleted


@dataclass(frozen=True, slots=True)
class StoredItems:
    """The items changed since the bundle: put ones, and the ids of deleted ones."""

    version: int
    items: Mapping[str, Item] = field(default_factory=dict)
    deleted: frozenset[str] = frozenset()


class UserStateStore(Protocol):
    """Every method raises StateUnavailableError within its timeout, and never blocks the event loop."""

    async def read(self, user_id: str) -> StoredUser:
        """One round trip: the user's events and profile, and the catalogue version. Unknown user: empty."""

    async def catalogue_version(self) -> int:
        """The version alone, for requests without a user."""

    async def append(self, events: Sequence[RecordedEvent]) -> list[bool]:
        """Store events atomically per user, in one round trip; True for each stored, False for a duplicate.

        Each user's value keeps the newest events by time (cap), with a time to live; of older ones it remembers
        the items (cap). Each event also goes to the capped stream, with its context. When this returns, the
        events are stored. Raises ValueError, with nothing stored, for an event that cannot be (a time that is
        not finite, a text that is not Unicode).
        """

    async def put_profile(self, user: User) -> None:
        """Replace the user's profile."""

    async def erase(self, user_id: str, now: float, lasting: bool) -> dict[str, int]:
        """Delete events, profile and the user's entries in the stream, and remember the erasure.

        It is remembered for ever where it is `lasting` or the store had something of the user; else, so that
        made-up ids cannot fill the store, only as long as a user's events are. Returns what was deleted:
        {"events": n, "profile": 0 or 1, "stream": n}. Later events count again.
        """

    async def items(self, since: int = 0) -> StoredItems:
        """Items put or deleted after a catalogue version, 0 for all (capped by the store's item limit).

        Where `since` is past the store's version, the store lost its memory: the answer holds all there is.
        """

    async def put_item(self, item: Item) -> int:
        """Store an item; returns the new catalogue version. Raises StoreFullError past the item limit."""

    async def delete_item(self, item_id: str) -> int:
        """Store a deletion; returns the new catalogue version. Raises StoreFullError past the item limit."""

    async def read_stream(self, after: str = "0-0", count: int = 1_000) -> list[StreamEntry]:
        """Up to `count` accepted events that came after a stream entry, oldest first."""

    async def ping(self) -> None:
        """Raises StateUnavailableError where the store is away."""

    async def close(self) -> None:
        """Let go of connections."""
