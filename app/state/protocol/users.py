"""Protocol of stored users: their events, profiles and erasures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.state.protocol.events import RecordedEvent
from app.state.protocol.merge import UserMerge
from models.contract.catalogue import User, UserState


@dataclass(frozen=True, slots=True)
class StoredUser:
    """The stored data of a user."""

    state: UserState  # events without their contexts
    erased_at: float | None = None  # Unix seconds; if set, a bundle's history of the user must not be used
    catalogue_version: int = 0  # changes with every item put or deleted
    merged_into: str | None = None  # the user into whom this one was merged


class UserStore(Protocol):
    """Users' events, profiles and erasures.

    Every method raises StateUnavailableError within its timeout, and never blocks the event loop.
    """

    async def read(self, user_id: str) -> StoredUser:
        """The user's events and profile, and the catalogue version, in one round trip. Unknown user: empty."""

    async def read_events(self, user_id: str) -> tuple[RecordedEvent, ...]:
        """The events of `read`, with the context, recommendation and rank of each; event ids are not kept."""

    async def merge(self, merge: UserMerge) -> dict[str, int]:
        """Move the source's events, past items, event ids and profile to the target, in one atomic step.

        The target's profile wins. An event of both, by time, action and item, stays once. The source is then empty, but
        for its event ids, so that a retry under either id is a duplicate. A source of whom nothing is known leaves
        nothing behind. Returns the numbers of moved records: {"events": n, "past_items": n, "profile": 0 or 1}.
        """

    async def append(self, events: Sequence[RecordedEvent]) -> list[bool]:
        """Store events, atomically per user, in one round trip; True for each stored event, False for a duplicate.

        The store keeps a user's newest events by time (capped), with a time to live, and the items of older ones
        (capped). Each event is also added to the capped stream, with its context. The events are stored when this
        returns. Raises ValueError, and stores nothing, for an event with a non-finite time or invalid Unicode.
        """

    async def put_profile(self, user: User) -> None:
        """Replace the user's profile."""

    async def put_profiles(self, users: Sequence[User]) -> None:
        """Replace the profiles of users in one round trip; of a user that comes twice the last profile stays."""

    async def erase(self, user_id: str, now: float, lasting: bool) -> dict[str, int]:
        """Delete the user's events, profile and entries in the stream, and record the erasure.

        The record is kept for ever if it is `lasting` or the store had data of the user; otherwise it has the time
        to live of events, so that invented ids cannot fill the store. Returns the numbers of deleted records:
        {"events": n, "profile": 0 or 1, "stream": n}. Later events are stored again.
        """
