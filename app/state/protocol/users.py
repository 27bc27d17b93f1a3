"""What is stored of users: their events, profiles and erasures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.state.protocol.events import RecordedEvent
from models.contract.catalogue import User, UserState


@dataclass(frozen=True, slots=True)
class StoredUser:
    """All that the store has of a user."""

    state: UserState  # profile None if none was put; events without their contexts
    erased_at: float | None = (
        None  # set: the user was erased, and a bundle's history of them must not be used
    )
    catalogue_version: int = 0  # read in the same round trip; changes with every item put or deleted


class UserStore(Protocol):
    """Every method raises StateUnavailableError within its timeout, and never blocks the event loop."""

    async def read(self, user_id: str) -> StoredUser:
        """The user's events and profile, and the catalogue version, in one round trip. Unknown user: empty."""

    async def append(self, events: Sequence[RecordedEvent]) -> list[bool]:
        """Stores events, atomically per user, in one round trip; True for each stored, False for a duplicate.

        The store keeps a user's newest events by time (cap), with a time to live; of older ones it remembers
        the items (cap). Each event also goes to the capped stream, with its context. When this returns, the
        events are stored. Raises ValueError, with nothing stored, for an event that cannot be (a time that is
        not finite, a text that is not Unicode).
        """

    async def put_profile(self, user: User) -> None:
        """Replaces the user's profile."""

    async def erase(self, user_id: str, now: float, lasting: bool) -> dict[str, int]:
        """Deletes events, profile and the user's entries in the stream, and remembers the erasure.

        It is remembered for ever if it is `lasting` or the store had something of the user; else, so that
        made-up ids cannot fill the store, only as long as a user's events are. Returns the numbers deleted:
        {"events": n, "profile": 0 or 1, "stream": n}. Later events count again.
        """
