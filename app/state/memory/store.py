"""The store in the memory of this process, for development and tests; lost when the process ends."""

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.state.limits import StoreLimits
from app.state.memory.replicas import MemoryReplicaBoard
from app.state.protocol import (
    RecordedEvent,
    StoredItems,
    StoredUser,
    StoreFullError,
    StoreHealth,
    StreamEntry,
)
from app.state.redis.codec import pack_event, pack_value, unpack_events
from app.state.redis.documents import TOMBSTONE, pack_item, pack_profile, unpack_item, unpack_profile
from models.contract.catalogue import Item, User, UserState


@dataclass(slots=True)
class _UserRecord:
    """The stored data of a user, packed as in Redis, so that both stores accept and return the same."""

    records: list[tuple[float, bytes]] = field(default_factory=list)  # (timestamp, record), sorted by time
    past_items: OrderedDict[str, None] = field(default_factory=OrderedDict)  # of records trimmed away
    event_ids: OrderedDict[str, None] = field(default_factory=OrderedDict)
    profile: bytes | None = None
    erased_at: float | None = None


class MemoryStore:
    """The StateStore in memory. Above `user_cap` the least recently written user is removed."""

    def __init__(self, limits: StoreLimits | None = None) -> None:
        self.health = StoreHealth()
        self.replicas = MemoryReplicaBoard()
        self._limits = limits or StoreLimits()
        self._users: OrderedDict[str, _UserRecord] = OrderedDict()
        self._stream: deque[StreamEntry] = deque(maxlen=self._limits.stream_cap)
        self._accepted = 0
        self._items: dict[str, tuple[int, bytes]] = {}  # (version of the change, document or tombstone)
        self._version = 0

    async def read(self, user_id: str) -> StoredUser:
        """The user's events and profile; empty for an unknown user."""
        user = self._users.get(user_id, _UserRecord())
        state = UserState(
            user_id=user_id,
            profile=None if user.profile is None else unpack_profile(user_id, user.profile),
            events=unpack_events(pack_value(record for _, record in user.records)),
            past_items=frozenset(user.past_items),
        )
        return StoredUser(state, user.erased_at, self._version)

    async def catalogue_version(self) -> int:
        """The number of item changes so far."""
        return self._version

    async def append(self, events: Sequence[RecordedEvent]) -> list[bool]:
        """Store events. Raises ValueError, with nothing stored, for an unstorable event."""
        records = [pack_event(recorded.event) for recorded in events]
        return [self._append(recorded, record) for recorded, record in zip(events, records, strict=True)]

    async def put_profile(self, user: User) -> None:
        """Replace the user's profile."""
        profile = pack_profile(user)
        self._user(user.user_id).profile = profile

    async def erase(self, user_id: str, now: float, lasting: bool) -> dict[str, int]:
        """Delete all data of the user except the time of this erasure.

        There is no time to live here: an erasure that is not lasting is the first to be removed above `user_cap`.
        """
        lasting = lasting or user_id in self._users
        user = self._user(user_id)
        self._users[user_id] = _UserRecord(erased_at=now)
        if not lasting:
            self._users.move_to_end(user_id, last=False)
        others = [entry for entry in self._stream if entry.recorded.user_id != user_id]
        erased = len(self._stream) - len(others)
        self._stream = deque(others, maxlen=self._limits.stream_cap)
        return {"events": len(user.records), "profile": int(user.profile is not None), "stream": erased}

    async def items(self, since: int = 0) -> StoredItems:
        """The items changed after version `since`; all if the store is younger."""
        after = since if since <= self._version else 0
        changed = {
            item_id: unpack_item(item_id, document)
            for item_id, (version, document) in self._items.items()
            if version > after
        }
        present = {item_id: item for item_id, item in changed.items() if item is not None}
        return StoredItems(self._version, present, frozenset(changed.keys() - present.keys()))

    async def put_item(self, item: Item) -> int:
        """Store an item."""
        return self._change_item(item.item_id, pack_item(item))

    async def delete_item(self, item_id: str) -> int:
        """Store a deletion; the tombstone counts towards the item limit."""
        return self._change_item(item_id, TOMBSTONE)

    async def read_stream(self, after: str = "0-0", count: int = 1_000) -> list[StreamEntry]:
        """Up to `count` accepted events that came after an entry, oldest first."""
        number = int(after.partition("-")[0])
        later = [entry for entry in self._stream if int(entry.entry_id.partition("-")[0]) > number]
        return later[:count]

    async def close(self) -> None:
        """Do nothing: there are no connections."""

    def _user(self, user_id: str) -> _UserRecord:
        """The user's record, created if missing, and marked as the most recently written."""
        user = self._users.setdefault(user_id, _UserRecord())
        self._users.move_to_end(user_id)
        if len(self._users) > self._limits.user_cap:
            self._users.popitem(last=False)
        return user

    def _append(self, recorded: RecordedEvent, record: bytes) -> bool:
        user = self._user(recorded.user_id)
        if recorded.event_id:
            if recorded.event_id in user.event_ids:
                return False
            user.event_ids[recorded.event_id] = None
            if len(user.event_ids) > self._limits.max_event_ids:
                user.event_ids.popitem(last=False)
        user.records.append((recorded.event.timestamp, record))
        # Stable, and fast for records that are almost sorted.
        user.records.sort(key=lambda timed: timed[0])
        self._trim(user)
        self._accepted += 1
        self._stream.append(StreamEntry(f"{self._accepted}-0", recorded))
        return True

    def _trim(self, user: _UserRecord) -> None:
        """Replace the oldest records above `max_events` by their items, of which the newest are kept."""
        trimmed = user.records[: -self._limits.max_events]
        del user.records[: -self._limits.max_events]
        for event in unpack_events(pack_value(record for _, record in trimmed)):
            user.past_items[event.item_id] = None
            user.past_items.move_to_end(event.item_id)
        while len(user.past_items) > self._limits.max_past_items:
            user.past_items.popitem(last=False)

    def _change_item(self, item_id: str, document: bytes) -> int:
        if item_id not in self._items and len(self._items) >= self._limits.item_cap:
            raise StoreFullError(
                f"expected at most {self._limits.item_cap} items put or deleted, given one more"
            )
        self._version += 1
        self._items[item_id] = (self._version, document)
        return self._version
