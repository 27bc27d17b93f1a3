"""The store in Redis: one round trip to read, one atomic script per user to write."""

from collections.abc import Callable, Sequence
from functools import partial

from app.state.protocol import (
    ItemChange,
    ItemPage,
    ItemPatch,
    RecordedEvent,
    StoredItems,
    StoredUser,
    StreamEntry,
)
from app.state.redis.append import APPEND, build_append_call
from app.state.redis.client import Call, RedisClient
from app.state.redis.codec import unpack_events, unpack_past_items
from app.state.redis.documents import pack_profile, unpack_profile
from app.state.redis.items import ITEM_CHUNK, RedisItems
from app.state.redis.keys import Keys
from app.state.redis.scripts import ERASE_STREAM, ERASE_USER, PUT_PROFILE
from app.state.redis.settings import RedisSettings
from app.state.redis.stream import unpack_entry
from app.state.redis.values import ValueReader
from models.contract.catalogue import Item, User, UserState
from models.contract.events import Event

STREAM_CHUNK = 1_000
"""Stream entries read in one round trip, so that no script blocks Redis for long."""


class RedisStore:
    """The StateStore over one Redis node.

    A damaged value counts as absent, so that the user still gets an answer; `on_corrupt` is called for each.
    """

    def __init__(self, settings: RedisSettings, on_corrupt: Callable[[], None] = lambda: None) -> None:
        self._settings = settings
        self._keys = Keys(settings.prefix)
        self._client = RedisClient(settings)
        self._values = ValueReader(on_corrupt)
        self._items = RedisItems(self._client, settings, self._keys, self._values)

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
        await self.put_profiles([user])

    async def put_profiles(self, users: Sequence[User]) -> None:
        """One pipeline with a SET with a time to live for each."""
        ttl_s = self._settings.limits.ttl_s
        calls = [
            Call((self._keys.user(user.user_id).profile,), [pack_profile(user), ttl_s]) for user in users
        ]
        await self._client.run_scripts(PUT_PROFILE, calls, self._settings.write_timeout_s)

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
        """The number of item changes so far."""
        return await self._items.catalogue_version()

    async def items(self, since: int = 0) -> StoredItems:
        """The items changed after version `since`."""
        return await self._items.items(since)

    async def item(self, item_id: str) -> ItemChange | None:
        """What is stored of an item."""
        return await self._items.item(item_id)

    async def list_items(self, since: int = 0, count: int = ITEM_CHUNK) -> ItemPage:
        """A page of item changes."""
        return await self._items.list_items(since, count)

    async def put_item(self, item: Item, now: float | None = None) -> int:
        """Store an item."""
        return await self._items.put_item(item, now)

    async def put_items(self, items: Sequence[Item], now: float | None = None) -> list[int | None]:
        """Store items in one round trip."""
        return await self._items.put_items(items, now)

    async def patch_item(self, patch: ItemPatch, now: float | None = None) -> int:
        """Change some fields of an item."""
        return await self._items.patch_item(patch, now)

    async def delete_item(self, item_id: str) -> int:
        """Store a deletion."""
        return await self._items.delete_item(item_id)

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
