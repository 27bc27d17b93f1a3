"""The store in the memory of this process, for development and tests; lost when the process ends."""

import math
import time
from collections import OrderedDict, deque
from collections.abc import Sequence

from app.state.limits import StoreLimits
from app.state.memory.erasures import MemoryReceipts
from app.state.memory.experiments import MemoryExperiments
from app.state.memory.impressions import MemoryImpressions
from app.state.memory.items import MemoryItems
from app.state.memory.live import MemoryLiveCounts
from app.state.memory.outcomes import MemoryOutcomes
from app.state.memory.replicas import MemoryReplicaBoard
from app.state.memory.trials import MemoryTrials
from app.state.memory.user_record import UserRecord
from app.state.protocol import (
    Appended,
    ItemChange,
    ItemPage,
    ItemPatch,
    ProfilePair,
    RecordedEvent,
    StoredItems,
    StoredUser,
    StoreHealth,
    StreamEntry,
    UserExport,
    UserMerge,
    check_tenant,
    join_profiles,
)
from app.state.redis.codec import (
    pack_event,
    pack_recorded,
    pack_text,
    pack_value,
    unpack_events,
    unpack_recorded,
)
from app.state.redis.documents import pack_profile, unpack_profile
from app.state.redis.event_ids import digest_content
from models.contract.catalogue import Item, User, UserState


class MemoryStore:
    """The StateStore in memory. Above `user_cap` the least recently written user is removed."""

    def __init__(self, limits: StoreLimits | None = None) -> None:
        self.health = StoreHealth()
        self.replicas = MemoryReplicaBoard()
        self._limits = limits or StoreLimits()
        self._users: OrderedDict[str, UserRecord] = OrderedDict()
        self._stream: deque[StreamEntry] = deque(maxlen=self._limits.stream_cap)
        self._accepted = 0
        self._items = MemoryItems(self._limits.item_cap)
        self.impressions = MemoryImpressions(self._limits, self._erased_at)
        self.receipts = MemoryReceipts()
        self.outcomes = MemoryOutcomes(self._limits)
        self.live = MemoryLiveCounts(self._limits)
        self.trials = MemoryTrials(self._limits)
        self.experiments = MemoryExperiments(self._limits)
        self._installation_key: bytes | None = None
        self._tenants: dict[str, MemoryStore] = {}

    def of_tenant(self, name: str) -> "MemoryStore":
        """The store of another tenant, which is made at the first call."""
        return self._tenants.setdefault(check_tenant(name), MemoryStore(self._limits))

    async def read(self, user_id: str) -> StoredUser:
        """The user's events and profile; empty for an unknown user."""
        user = self._users.get(user_id, UserRecord())
        state = UserState(
            user_id=user_id,
            profile=None if user.profile is None else unpack_profile(user_id, user.profile),
            events=unpack_events(pack_value(record for _, record in user.records)),
            past_items=frozenset(user.past_items),
        )
        return StoredUser(state, user.erased_at, self._items.version, user.merged_into, user.moved_at)

    async def export(self, user_id: str) -> UserExport:
        """All that is stored of the user."""
        user = self._users.get(user_id, UserRecord())
        recorded = unpack_recorded(user_id, pack_value(record for _, record in user.records))
        return UserExport(await self.read(user_id), recorded, tuple(user.aliases), len(user.event_ids))

    async def append(self, events: Sequence[RecordedEvent]) -> list[Appended]:
        """Store events. Raises ValueError, with nothing stored, for an unstorable event."""
        records = [pack_recorded(recorded) for recorded in events]
        return [self._append(recorded, record) for recorded, record in zip(events, records, strict=True)]

    async def put_profile(self, user: User) -> None:
        """Replace the user's profile."""
        profile = pack_profile(user)
        self._user(user.user_id).profile = profile

    async def put_profiles(self, users: Sequence[User]) -> None:
        """Replace the profiles of users."""
        for user in users:
            await self.put_profile(user)

    @property
    def erasure_delay_s(self) -> int | None:
        """0: nothing is in a file."""
        return 0

    async def erase(self, user_id: str, now: float, lasting: bool) -> dict[str, int]:
        """Delete all data of the user except the time of this erasure.

        There is no time to live here: an erasure that is not lasting is the first to be removed above `user_cap`.
        """
        lasting = lasting or user_id in self._users
        user = self._user(user_id)
        self._users[user_id] = UserRecord(erased_at=now)
        if not lasting:
            self._users.move_to_end(user_id, last=False)
        if user.merged_into is not None:
            self._users.get(user.merged_into, UserRecord()).aliases.pop(user_id, None)
        for alias in user.aliases:
            of_alias = self._user(alias)
            of_alias.merged_into, of_alias.moved_at, of_alias.erased_at = None, None, now
            of_alias.event_ids.clear()
        user_ids = {user_id, *user.aliases}
        self.impressions.erase(user_ids)
        for erased_id in user_ids:
            self.live.forget_user(erased_id)
        self.experiments.forget(user_ids)
        others = [entry for entry in self._stream if entry.recorded.user_id not in user_ids]
        erased = len(self._stream) - len(others)
        self._stream = deque(others, maxlen=self._limits.stream_cap)
        return {"events": len(user.records), "profile": int(user.profile is not None), "stream": erased}

    async def merge(self, merge: UserMerge) -> dict[str, int]:
        """Move everything of the source to the target."""
        source = self._users.get(merge.source, UserRecord())
        if merge.trained is None and source == UserRecord():
            return {"events": 0, "past_items": 0, "profile": 0}
        target = self._user(merge.target)
        joined = join_profiles(merge, _pair(merge, target, source))
        is_marked = source.erased_at is not None or source.moved_at is not None
        bundle = merge.trained.events if merge.trained and not is_marked else ()
        trained = [(event.timestamp, pack_event(event, pack_text(event))) for event in bundle]
        moved = _add_records(target, source.records) + _add_records(target, trained)
        past = {} if target.erased_at is not None else source.past_items
        target.past_items = OrderedDict.fromkeys([*past, *target.past_items])
        self._trim(target)
        if joined is not None:
            target.profile = pack_profile(joined)
        if (source.records, source.event_ids, source.past_items, source.profile) != ([], {}, {}, None) or (
            merge.trained is not None
        ):
            self._leave_alias(merge, target, source)
        return {"events": moved, "past_items": len(past), "profile": int(joined is not None)}

    def _leave_alias(self, merge: UserMerge, target: UserRecord, source: UserRecord) -> None:
        """Empty the source, but for the event ids of both and the marks, and note it in the target."""
        aliases = [*target.aliases, *source.aliases, merge.source]
        kept = [alias for alias in dict.fromkeys(aliases) if alias != merge.target]
        target.aliases = OrderedDict.fromkeys(kept[-self._limits.max_aliases :])
        target.merged_into = None
        for event_id, content in source.event_ids.items():
            target.event_ids.setdefault(event_id, content)
        while len(target.event_ids) > self._limits.max_event_ids:
            target.event_ids.popitem(last=False)
        moves = merge.trained is not None and source.erased_at is None
        self._users[merge.source] = UserRecord(
            event_ids=target.event_ids.copy(),
            erased_at=source.erased_at,
            moved_at=source.moved_at or (merge.now if moves else None),
            merged_into=merge.target,
        )

    async def catalogue_version(self) -> int:
        """The number of item changes so far."""
        return self._items.version

    async def items(self, since: int = 0) -> StoredItems:
        """The items changed after version `since`; all if the store is younger."""
        return self._items.items(since)

    async def item(self, item_id: str) -> ItemChange | None:
        """The stored change of an item; None for an item that was never changed."""
        return self._items.item(item_id)

    async def list_items(self, since: int = 0, count: int = 100) -> ItemPage:
        """A page of item changes."""
        return self._items.list_items(since, count)

    async def put_item(self, item: Item, now: float | None = None) -> int:
        """Store an item."""
        return self._items.put(item, now)

    async def put_items(self, items: Sequence[Item], now: float | None = None) -> list[int | None]:
        """Store items."""
        return self._items.put_many(items, now)

    async def patch_item(self, patch: ItemPatch, now: float | None = None) -> int:
        """Change some fields of an item."""
        return self._items.patch(patch, now)

    async def delete_item(self, item_id: str) -> int:
        """Store a deletion; the tombstone counts towards the item limit."""
        return self._items.delete(item_id)

    async def read_stream(self, after: str = "0-0", count: int = 1_000) -> list[StreamEntry]:
        """Up to `count` accepted events that came after an entry, oldest first."""
        number = int(after.partition("-")[2])
        later = [entry for entry in self._stream if int(entry.entry_id.partition("-")[2]) > number]
        return later[:count]

    async def read_erasures(self, names: Sequence[str]) -> list[float | None]:
        """The times of the users' erasures."""
        return [self._users[name].erased_at if name in self._users else None for name in names]

    async def installation_key(self, fresh: bytes) -> bytes:
        """The key of this process."""
        self._installation_key = self._installation_key or fresh
        return self._installation_key

    async def close(self) -> None:
        """Do nothing: there are no connections."""

    def _erased_at(self, user_id: str) -> float | None:
        return self._users.get(user_id, UserRecord()).erased_at

    def _user(self, user_id: str) -> UserRecord:
        """The user's record, created if missing, and marked as the most recently written."""
        user = self._users.setdefault(user_id, UserRecord())
        self._users.move_to_end(user_id)
        if len(self._users) > self._limits.user_cap:
            self._users.popitem(last=False)
        return user

    def _append(self, recorded: RecordedEvent, record: bytes) -> Appended:
        user = self._user(recorded.user_id)
        if user.erased_at is not None and recorded.event.timestamp < user.erased_at:
            return Appended.ERASED
        if recorded.event_id:
            content = digest_content(recorded)
            before = user.event_ids.get(recorded.event_id)
            if before is not None:
                return Appended.DUPLICATE if before == content else Appended.CONFLICT
            user.event_ids[recorded.event_id] = content
            if len(user.event_ids) > self._limits.max_event_ids:
                user.event_ids.popitem(last=False)
        user.records.append((recorded.event.timestamp, record))
        # Stable, and fast for records that are almost sorted.
        user.records.sort(key=lambda timed: timed[0])
        self._trim(user)
        if recorded.counted_at is not None:
            self.live.count(recorded.user_id, recorded.event.item_id, recorded.counted_at)
        self._accepted += 1
        self._stream.append(StreamEntry(f"{time.time_ns() // 1_000_000}-{self._accepted}", recorded))
        return Appended.STORED

    def _trim(self, user: UserRecord) -> None:
        """Replace the oldest records above `max_events` by their items, of which the newest are kept."""
        trimmed = user.records[: -self._limits.max_events]
        del user.records[: -self._limits.max_events]
        for event in unpack_events(pack_value(record for _, record in trimmed)):
            user.past_items[event.item_id] = None
            user.past_items.move_to_end(event.item_id)
        while len(user.past_items) > self._limits.max_past_items:
            user.past_items.popitem(last=False)


def _pair(merge: UserMerge, target: UserRecord, source: UserRecord) -> ProfilePair:
    return ProfilePair(
        None if target.profile is None else unpack_profile(merge.target, target.profile),
        None if source.profile is None else unpack_profile(merge.source, source.profile),
        target.erased_at is not None or target.moved_at is not None,
        source.erased_at is not None or source.moved_at is not None,
    )


def _add_records(user: UserRecord, records: Sequence[tuple[float, bytes]]) -> int:
    """Add the records whose time, action and item no record of the user has, and which the user's erasure does not hit.

    Returns their number.
    """
    erased_at = -math.inf if user.erased_at is None else user.erased_at

    def key(record: bytes) -> tuple[float, str, str]:
        (event,) = unpack_events(pack_value([record]))
        return event.timestamp, event.action, event.item_id

    keys = {key(record) for _, record in user.records}
    new = [(time, record) for time, record in records if time >= erased_at and key(record) not in keys]
    user.records = sorted([*user.records, *new], key=lambda timed: timed[0])
    return len(new)
