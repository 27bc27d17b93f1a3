"""The store in Redis: one round trip to read, one atomic script per user to write."""

from collections.abc import Callable, Sequence
from functools import partial

from app.state.protocol import (
    RecordedEvent,
    StoredItems,
    StoredUser,
    StoreFullError,
    StoreHealth,
    StreamEntry,
)
from app.state.redis.append import APPEND, build_append_call
from app.state.redis.client import Call, RedisClient
from app.state.redis.codec import unpack_events, unpack_past_items
from app.state.redis.documents import TOMBSTONE, pack_item, pack_profile, unpack_item, unpack_profile
from app.state.redis.keys import Keys
from app.state.redis.replicas import RedisReplicaBoard
from app.state.redis.scripts import CHANGE_ITEM, CHANGED_ITEMS, ERASE_STREAM, ERASE_USER
from app.state.redis.settings import RedisSettings
from app.state.redis.stream import unpack_entry
from app.state.redis.values import ValueReader
from models.contract.catalogue import Item, User, UserState
from models.contract.events import Event

STREAM_CHUNK = 1_000
"""Stream entries read in one round trip, so that no script blocks Redis for long."""
ITEM_CHUNK = 200
"""Items read in one round trip, for the same reason."""


class RedisStore:
    """The StateStore over one Redis node.

    A damaged value counts as absent, so that the user still gets an answer; `on_corrupt` is called for each.
    """

    def __init__(
        self,
        settings: RedisSettings,
        on_corrupt: Callable[[], None] = lambda: None,
        health: StoreHealth | None = None,
    ) -> None:
        self.health = health or StoreHealth()
        self._settings = settings
        self._keys = Keys(settings.prefix)
        self._item_keys = (self._keys.items, self._keys.item_changes, self._keys.items_version)
        self._client = RedisClient(settings, self.health)
        self.replicas = RedisReplicaBoard(self._client, self._keys, settings)
        self._values = ValueReader(on_corrupt)

    async def read(self, user_id: str) -> StoredUser:
        """One MGET: events, past items, profile, erasure, catalogue version."""
        keys = self._keys.user(user_id)
        packed, past, profile, erased, version = await self._client.run_command(
            "MGET",
            *(keys.events, keys.past_items, keys.profile, keys.erased, self._keys.items_version),
            deadline_s=self._settings.timeout_s,
        )
        events: tuple[Event, ...] = self._values.unpack(unpack_events, packed, ())
        past_items: frozenset[str] = self._values.unpack(unpack_past_items, past, frozenset())
        max_events = self._settings.limits.max_events
        older, newest = events[:-max_events], events[-max_events:]
        state = UserState(
            user_id=user_id,
            profile=self._values.unpack(partial(unpack_profile, user_id), profile, None),
            events=newest,
            past_items=past_items.union(event.item_id for event in older),
        )
        return StoredUser(state, None if erased is None else float(erased), int(version or 0))

    async def append(self, events: Sequence[RecordedEvent]) -> list[bool]:
        """One pipeline with a script for each user. Raises ValueError, and stores nothing, for an invalid event."""
        indices: dict[str, list[int]] = {}
        for index, recorded in enumerate(events):
            indices.setdefault(recorded.user_id, []).append(index)
        calls = [
            build_append_call([events[index] for index in of_user], self._keys, self._settings.limits)
            for of_user in indices.values()
        ]
        answers = (
            await self._client.run_scripts(APPEND, calls, self._settings.write_timeout_s) if calls else []
        )
        stored = [False] * len(events)
        for of_user, answer in zip(indices.values(), answers, strict=True):
            for index, fresh in zip(of_user, answer, strict=True):
                stored[index] = fresh == 1
        return stored

    async def put_profile(self, user: User) -> None:
        """One SET with a time to live."""
        profile = pack_profile(user)
        ttl_s = self._settings.limits.ttl_s
        key = self._keys.user(user.user_id).profile
        await self._client.run_command(
            "SET", key, profile, "EX", ttl_s, deadline_s=self._settings.write_timeout_s
        )

    async def erase(self, user_id: str, now: float, lasting: bool) -> dict[str, int]:
        """One atomic script for the user's keys, then the stream up to that moment in chunks, one per round trip.

        If the erasure of the stream fails, erasing again finishes it.
        """
        keys = self._keys.user(user_id)
        call = Call(
            (keys.events, keys.event_ids, keys.profile, keys.erased, self._keys.stream, keys.past_items),
            [repr(now), int(lasting), self._settings.limits.ttl_s],
        )
        deadline_s = self._settings.write_timeout_s
        events, profile, last_entry = await self._client.run_script(ERASE_USER, call, deadline_s)
        erased, start = 0, "-"
        while start and last_entry:
            call = Call((self._keys.stream,), [start, last_entry, STREAM_CHUNK, user_id])
            count, seen = await self._client.run_script(ERASE_STREAM, call, deadline_s)
            erased, start = erased + count, f"({seen.decode()}" if seen else ""
        if erased:  # the user's keys may have expired, but the stream still had events
            await self._client.run_command("PERSIST", keys.erased, deadline_s=deadline_s)
        return {"events": events, "profile": profile, "stream": erased}

    async def catalogue_version(self) -> int:
        """One GET."""
        key = self._keys.items_version
        return int(await self._client.run_command("GET", key, deadline_s=self._settings.timeout_s) or 0)

    async def items(self, since: int = 0) -> StoredItems:
        """The items changed after version `since`, one chunk per round trip; all if the store is younger."""
        changed: dict[str, Item | None] = {}
        version, done = 0, since
        while True:
            call = Call(self._item_keys, [done, ITEM_CHUNK])
            version, chunk_version, *chunk = await self._client.run_script(
                CHANGED_ITEMS, call, self._settings.write_timeout_s
            )
            if version < done:  # Redis lost its data: read everything
                changed, done = {}, 0
                continue
            changed |= self._read_items(chunk)
            done = chunk_version
            if chunk_version == version:
                break
        present = {item_id: item for item_id, item in changed.items() if item is not None}
        return StoredItems(version, present, frozenset(changed.keys() - present.keys()))

    async def put_item(self, item: Item) -> int:
        """One atomic script."""
        return await self._change_item(item.item_id, pack_item(item))

    async def delete_item(self, item_id: str) -> int:
        """One atomic script; the tombstone counts towards the item limit."""
        return await self._change_item(item_id, TOMBSTONE)

    async def read_stream(self, after: str = "0-0", count: int = STREAM_CHUNK) -> list[StreamEntry]:
        """One XRANGE."""
        entries = await self._client.run_command(
            "XRANGE",
            *(self._keys.stream, f"({after}", "+", "COUNT", count),
            deadline_s=self._settings.write_timeout_s,
        )
        unpacked = (
            self._values.unpack(partial(unpack_entry, fields=fields), entry_id, None)
            for entry_id, fields in entries
        )
        return [entry for entry in unpacked if entry is not None]

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _change_item(self, item_id: str, document: bytes) -> int:
        cap = self._settings.limits.item_cap
        call = Call(self._item_keys, [item_id, document, cap])
        version = int(await self._client.run_script(CHANGE_ITEM, call, self._settings.write_timeout_s))
        if version < 0:
            raise StoreFullError(f"expected at most {cap} items put or deleted, given one more")
        return version

    def _read_items(self, chunk: Sequence[bytes]) -> dict[str, Item | None]:
        """Item id -> item, None for a deleted one, from alternating ids and documents, without damaged ones."""
        changed: dict[str, Item | None] = {}
        for item_id, document in zip(map(bytes.decode, chunk[::2]), chunk[1::2], strict=True):
            item = self._values.unpack(partial(unpack_item, item_id), document, None)
            if item is not None or document == TOMBSTONE:
                changed[item_id] = item
        return changed
