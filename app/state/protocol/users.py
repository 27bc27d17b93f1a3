"""Protocol of stored users: their events, profiles and erasures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.state.protocol.events import Appended, RecordedEvent
from app.state.protocol.merge import UserMerge
from models.contract.catalogue import User, UserState


@dataclass(frozen=True, slots=True)
class StoredUser:
    """The stored data of a user."""

    state: UserState  # events without their contexts
    erased_at: float | None = None  # Unix seconds
    catalogue_version: int = 0  # changes with every item put or deleted
    merged_into: str | None = None  # the user into whom this one was merged
    moved_at: float | None = (
        None  # Unix seconds, when a merge moved the bundle's history of the user to another one
    )

    @property
    def keeps_bundle_history(self) -> bool:
        """True unless the user was erased, or the bundle's history of the user belongs to another one."""
        return self.erased_at is None and self.moved_at is None


@dataclass(frozen=True, slots=True)
class UserExport:
    """All that is stored of a user. `recorded` are the events of `stored` with their contexts, in the same order."""

    stored: StoredUser
    recorded: tuple[RecordedEvent, ...] = ()
    merged_from: tuple[str, ...] = ()  # the ids merged into the user
    event_ids: int = 0  # remembered, so that a retry is harmless


class UserStore(Protocol):
    """Users' events, profiles and erasures.

    Every method raises StateUnavailableError within its timeout, and never blocks the event loop.
    """

    async def read(self, user_id: str) -> StoredUser:
        """The user's events and profile, and the catalogue version, in one round trip. Unknown user: empty."""

    async def export(self, user_id: str) -> UserExport:
        """All that is stored of the user, as of one moment, in one round trip."""

    async def merge(self, merge: UserMerge) -> dict[str, int]:
        """Move the source's events, past items, event ids and profile to the target, in one atomic step.

        The target's profile wins. An event of both, by time, action and item, stays once. The source is then empty, but
        for the event ids of both, so that a retry under either id is a duplicate. A source of whom nothing is known
        leaves nothing behind. To a target that was erased only newer events move, and no past items, as their times are
        not known. Returns the numbers of moved records: {"events": n, "past_items": n, "profile": 0 or 1}.
        """

    async def append(self, events: Sequence[RecordedEvent]) -> list[Appended]:
        """Store events, atomically per user, in one round trip; the fate of each.

        The store keeps a user's newest events by time (capped), with a time to live, and the items of older ones
        (capped). Each event is also added to the capped stream, with its context. An event older than the erasure of
        its user is not stored. The events are stored when this returns. Raises ValueError, and stores nothing, for an
        event with a non-finite time or invalid Unicode.
        """

    async def put_profile(self, user: User) -> None:
        """Replace the user's profile."""

    async def put_profiles(self, users: Sequence[User]) -> None:
        """Replace the profiles of users in one round trip; of a user that comes twice the last profile stays."""

    @property
    def erasure_delay_s(self) -> int | None:
        """Seconds after which no file of the store holds an erased user; None if that is not in the store's hands."""

    async def erase(self, user_id: str, now: float, lasting: bool) -> dict[str, int]:
        """Delete the user's events, profile and entries in the stream, and record the erasure.

        It works for a store without memory, too. The record is kept for ever if it is `lasting` or the store had data
        of the user; otherwise it has the time to live of events, so that invented ids cannot fill the store. The ids
        merged into the user have that record as well. Returns the numbers of deleted records: {"events": n, "profile":
        0 or 1, "stream": n}. Events from `now` on are stored again. Raises UnmarkedErasureError if everything was
        deleted and the record cannot be written.
        """
