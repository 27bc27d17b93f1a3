"""User state in Redis: one round trip to read, one atomic script a user to write."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from app.state.protocol import RecordedEvent, StoredItems, StoredUser, StoreFullError, StreamEntry
from app.state.redis.client import Argument, Call, RedisLink
from app.state.redis.codec import CorruptValueError, pack_event, unpack_events, unpack_past_items
from app.state.redis.documents import TOMBSTONE, pack_item, pack_profile, unpack_item, unpack_profile
from app.state.redis.keys import Keys, digest
from app.state.redis.scripts import APPEND, CHANGE_ITEM, CHANGED_ITEMS, ERASE_STREAM, ERASE_USER
from app.state.redis.stream import stream_values, unpack_entry
from app.state.settings import RedisSettings
from models.contract.catalogue import Item, User, UserState
from models.contract.events import Event

STREAM_CHUNK = 1_000
ITEM_CHUNK = 200
"""Entries looked at, items read in one round trip: what is read or scanned holds up nobody for long."""

Value = TypeVar("Value")

logger = logging.getLogger(__name__)


class RedisUserStateStore:
    """UserStateStore over one Redis node. `corrupt_values` counts stored values that could not be read.

    A value that cannot be read counts as absent and is logged, without its content: a damaged history must
    not keep a user from an answer.
    """

    def __init__(self, settings: RedisSettings) -> None:
        self.corrupt_values = 0
        self._settings = settings
        self._keys = Keys(settings.prefix)
        self._item_keys = (self._keys.items, self._keys.item_changes, self._keys.items_version)
        self._link = RedisLink(settings)

    async def read(self, user_id: str) -> StoredUser:
        """One MGET: events, the items before them, profile, erasure, catalogue version."""
        keys = self._keys.user(user_id)
        packed, past, profile, erased, version = await self._link.command(
            "MGET",
            *(keys.events, keys.past_items, keys.profile, keys.erased, self._keys.items_version),
            deadline_s=self._settings.timeout_s,
        )
        events: tuple[Event, ...] = self._unpacked(unpack_events, packed, ())
        past_items: frozenset[str] = self._unpacked(unpack_past_items, past, frozenset())
        older, newest = (
            events[: -self._settings.limits.max_events],
            events[-self._settings.limits.max_events :],
        )
        state = UserState(
            user_id=user_id,
            profile=self._unpacked(partial(unpack_profile, user_id), profile, None),
            events=newest,
            past_items=past_items.union(event.item_id for event in older),
        )
        return StoredUser(state, None if erased is None else float(erased), int(version or 0))

    async def catalogue_version(self) -> int:
        """One GET."""
        key = self._keys.items_version
        return int(await self._link.command("GET", key, deadline_s=self._settings.timeout_s) or 0)

    async def append(self, events: Sequence[RecordedEvent]) -> list[bool]:
        """One pipeline of one script a user. Raises ValueError, with nothing stored, for a bad event."""
        places: dict[str, list[int]] = {}
        for place, recorded in enumerate(events):
            places.setdefault(recorded.user_id, []).append(place)
        calls = [self._append_call([events[place] for place in of_user]) for of_user in places.values()]
        answers = await self._link.scripts(APPEND, calls, self._settings.write_timeout_s) if calls else []
        stored = [False] * len(events)
        for of_user, answer in zip(places.values(), answers, strict=True):
            for place, fresh in zip(of_user, answer, strict=True):
                stored[place] = fresh == 1
        return stored

    async def put_profile(self, user: User) -> None:
        """One SET with a time to live."""
        profile = pack_profile(user)
        ttl_s = self._settings.limits.ttl_s
        key = self._keys.user(user.user_id).profile
        await self._link.command("SET", key, profile, "EX", ttl_s, deadline_s=self._settings.write_timeout_s)

    async def erase(self, user_id: str, now: float, lasting: bool) -> dict[str, int]:
        """One atomic script for the user's keys, then the stream up to that moment, a chunk a round trip.

        Where the stream's part fails, erasing again finishes it.
        """
        keys = self._keys.user(user_id)
        call = Call(
            (keys.events, keys.event_ids, keys.profile, keys.erased, self._keys.stream, keys.past_items),
            [repr(now), int(lasting), self._settings.limits.ttl_s],
        )
        deadline_s = self._settings.write_timeout_s
        events, profile, last = await self._link.script(ERASE_USER, call, deadline_s)
        erased, start = 0, "-"
        while start and last:
            call = Call((self._keys.stream,), [start, last, STREAM_CHUNK, user_id])
            found, seen = await self._link.script(ERASE_STREAM, call, deadline_s)
            erased, start = erased + found, f"({seen.decode()}" if seen else ""
        if erased:  # the stream goes on where a user's events have been forgotten
            await self._link.command("PERSIST", keys.erased, deadline_s=deadline_s)
        return {"events": events, "profile": profile, "stream": erased}

    async def items(self, since: int = 0) -> StoredItems:
        """The items changed after version `since`, a chunk a round trip; all where the store is younger."""
        changed: dict[str, Item | None] = {}
        version, done = 0, since
        while True:
            call = Call(self._item_keys, [done, ITEM_CHUNK])
            version, upto, *found = await self._link.script(
                CHANGED_ITEMS, call, self._settings.write_timeout_s
            )
            if version < done:  # Redis lost its memory: begin anew
                changed, done = {}, 0
                continue
            for item_id, document in zip(found[::2], found[1::2], strict=True):
                self._note_item(changed, item_id.decode(), document)
            done = upto
            if upto == version:
                break
        present = {item_id: item for item_id, item in changed.items() if item is not None}
        return StoredItems(version, present, frozenset(changed.keys() - present.keys()))

    async def put_item(self, item: Item) -> int:
        """One atomic script."""
        return await self._change_item(item.item_id, pack_item(item))

    async def delete_item(self, item_id: str) -> int:
        """One atomic script; the tombstone takes an item's place, and room."""
        return await self._change_item(item_id, TOMBSTONE)

    async def read_stream(self, after: str = "0-0", count: int = STREAM_CHUNK) -> list[StreamEntry]:
        """Up to `count` accepted events that came after an entry, oldest first."""
        found = await self._link.command(
            "XRANGE",
            *(self._keys.stream, f"({after}", "+", "COUNT", count),
            deadline_s=self._settings.write_timeout_s,
        )
        entries = []
        for entry_id, fields in found:
            try:
                entries.append(unpack_entry(entry_id, fields))
            except CorruptValueError as exc:
                self._count_corrupt(exc)
        return entries

    async def ping(self) -> None:
        """One PING."""
        await self._link.command("PING", deadline_s=self._settings.timeout_s)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._link.close()

    def _append_call(self, events: Sequence[RecordedEvent]) -> Call:
        """The append script's keys and arguments for events of one user."""
        user_id, limits = events[0].user_id, self._settings.limits
        arguments: list[Argument] = [limits.max_events, limits.stored_events, limits.ttl_s]
        arguments += [limits.max_event_ids, limits.event_id_ttl_s, limits.stream_cap]
        arguments += [user_id, limits.max_past_items]
        for recorded in events:
            arguments.append(digest(recorded.event_id) if recorded.event_id else b"")
            arguments.append(pack_event(recorded.event))
            arguments += stream_values(recorded)
        keys = self._keys.user(user_id)
        of_user = (keys.events, keys.event_ids, keys.profile, self._keys.stream, keys.past_items)
        return Call(of_user, arguments)

    async def _change_item(self, item_id: str, document: bytes) -> int:
        cap = self._settings.limits.item_cap
        call = Call(self._item_keys, [item_id, document, cap])
        version = int(await self._link.script(CHANGE_ITEM, call, self._settings.write_timeout_s))
        if version < 0:
            raise StoreFullError(f"expected at most {cap} items put or deleted, given one more")
        return version

    def _unpacked(self, unpack: Callable[[bytes], Value], packed: bytes | None, absent: Value) -> Value:
        """A stored value; `absent` where there is none, or none that can be read."""
        try:
            return absent if packed is None else unpack(packed)
        except CorruptValueError as exc:
            self._count_corrupt(exc)
            return absent

    def _note_item(self, changed: dict[str, Item | None], item_id: str, document: bytes) -> None:
        try:
            changed[item_id] = unpack_item(item_id, document)
        except CorruptValueError as exc:
            self._count_corrupt(exc)

    def _count_corrupt(self, cause: CorruptValueError) -> None:
        self.corrupt_values += 1
        logger.error("a stored value cannot be read and counts as absent: %s", cause)
