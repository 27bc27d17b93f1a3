"""The store in Redis: one round trip to read, one atomic script per user to write."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import replace
from functools import partial

from app.state.protocol import (
    Appended,
    ItemChange,
    ItemPage,
    ItemPatch,
    RecordedEvent,
    StateUnavailableError,
    StoredItems,
    StoredUser,
    StoreHealth,
    StreamEntry,
    UserExport,
    UserMerge,
    check_tenant,
)
from app.state.pseudonyms import NO_PSEUDONYMS, check_mark
from app.state.redis.append import APPEND, APPEND_SEALED, build_append_call
from app.state.redis.client import Call, RedisClient
from app.state.redis.codec import unpack_events, unpack_past_items, unpack_recorded
from app.state.redis.compaction import Compaction
from app.state.redis.documents import pack_profile, unpack_profile
from app.state.redis.erasure import STREAM_CHUNK, RedisErasure
from app.state.redis.erasure_receipts import RedisReceipts
from app.state.redis.event_ids import count_event_ids
from app.state.redis.experiments import RedisExperiments
from app.state.redis.file_rewrite import FileRewriter
from app.state.redis.impressions import RedisImpressions
from app.state.redis.items import ITEM_CHUNK, RedisItems
from app.state.redis.keys import Keys, UserKeys
from app.state.redis.live import RedisLiveCounts
from app.state.redis.marks import DAMAGED, Times, unpack_mark
from app.state.redis.merging import RedisMerge
from app.state.redis.outcomes import RedisOutcomes
from app.state.redis.replicas import RedisReplicaBoard
from app.state.redis.scripts import EXPORT_USER, OPEN_STORE, PUT_PROFILE
from app.state.redis.sealed_history import open_history
from app.state.redis.settings import RedisSettings
from app.state.redis.stream import unpack_entry
from app.state.redis.trials import RedisTrials
from app.state.redis.values import Values, open_seals
from app.state.state_keys import check_seal_mark
from models.contract.catalogue import Item, User, UserState
from models.contract.events import Event


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
        self._client = RedisClient(settings, self.health)
        self._values = Values(on_corrupt, open_seals(settings.state_keys))
        self._use(Keys(settings.prefix, pseudonyms=settings.pseudonyms))
        self.replicas = RedisReplicaBoard(self._client, self._keys, settings)
        self._rewriter = FileRewriter(self._client, self._keys.file_rewrite, settings)

    def _use(self, keys: Keys) -> None:
        """Read and write these keys from now on."""
        self._keys = keys
        self._items = RedisItems(self._client, self._settings, keys, self._values)
        self.impressions = RedisImpressions(self._client, keys, self._settings, self._values)
        self.receipts = RedisReceipts(self._client, keys, self._settings, self._values)
        self.outcomes = RedisOutcomes(self._client, keys, self._settings, self._values)
        self.live = RedisLiveCounts(self._client, keys, self._settings, self._values)
        self.trials = RedisTrials(self._client, keys, self._settings, self._values)
        self.experiments = RedisExperiments(self._client, keys, self._settings, self._values)
        self._erasure = RedisErasure(self._client, keys, self._settings, self.experiments)
        self._merge = RedisMerge(self._client, keys, self._settings, self._values)
        self._compaction = Compaction(self._client, keys, self._settings, self._values)

    def of_tenant(self, name: str) -> "RedisStore":
        """The store of another tenant, over the same connections: the same store with other keys."""
        store = copy(self)
        store._use(replace(self._keys, tenant=check_tenant(name)))
        return store

    async def read(self, user_id: str) -> StoredUser:
        """One MGET: events, past items, profile, marks, catalogue version."""
        keys = self._keys.user(user_id)
        packed, *others = await self._client.run_command(
            "MGET",
            *(keys.events, keys.past_items, keys.profile, keys.erased, keys.merged),
            self._keys.items_version,
            deadline_s=self._settings.timeout_s,
        )
        value = open_history(packed, keys.events, self._values).value
        return self._join(user_id, keys, self._values.unpack(unpack_events, value, ()), others)

    async def export(self, user_id: str) -> UserExport:
        """One script that only reads."""
        keys = self._keys.user(user_id)
        call = Call(
            (
                *(keys.events, keys.past_items, keys.profile, keys.erased, keys.merged),
                *(self._keys.items_version, keys.aliases, keys.event_ids),
            ),
            [],
        )
        packed, *others, aliases, ids_bytes = await self._client.run_script(
            EXPORT_USER, call, self._settings.timeout_s
        )
        value = open_history(packed, keys.events, self._values).value
        recorded: tuple[RecordedEvent, ...] = self._values.unpack(
            partial(unpack_recorded, user_id), value, ()
        )
        events = tuple(replace(each.event, context={}) for each in recorded)
        return UserExport(
            self._join(user_id, keys, events, others),
            recorded[-self._settings.limits.max_events :],
            tuple(alias.decode() for alias in aliases),
            count_event_ids(ids_bytes),
        )

    def _join(
        self, user_id: str, keys: UserKeys, events: tuple[Event, ...], packed: Sequence[bytes | None]
    ) -> StoredUser:
        """The user with these events; `packed`: past items, profile, mark, the user merged into, catalogue version."""
        past, profile, mark, merged, version = packed
        past_items: frozenset[str] = self._values.unpack(
            unpack_past_items, past, frozenset(), keys.past_items
        )
        max_events = self._settings.limits.max_events
        older, newest = events[:-max_events], events[-max_events:]
        state = UserState(
            user_id=user_id,
            profile=self._values.unpack(partial(unpack_profile, user_id), profile, None, keys.profile),
            events=newest,
            past_items=past_items.union(event.item_id for event in older),
        )
        absent: Times = (None, None) if mark is None else DAMAGED
        erased_at, moved_at = self._values.unpack(unpack_mark, mark, absent)
        return StoredUser(
            state, erased_at, int(version or 0), None if merged is None else merged.decode(), moved_at
        )

    async def merge(self, merge: UserMerge) -> dict[str, int]:
        """Read both users, join them, and write by one atomic script; again if one of them changed meanwhile."""
        return await self._merge.run(merge)

    async def append(self, events: Sequence[RecordedEvent]) -> list[Appended]:
        """One pipeline with a script for each user. Raises ValueError, and stores nothing, for an invalid event.

        Sealed histories of many blocks are made compact afterwards, for a few of all appends.
        """
        indices: dict[str, list[int]] = {}
        for index, recorded in enumerate(events):
            indices.setdefault(recorded.user_id, []).append(index)
        calls = [
            build_append_call(
                [events[index] for index in of_user], self._keys, self._settings.limits, self._values
            )
            for of_user in indices.values()
        ]
        script = APPEND if self._values.seals is None else APPEND_SEALED
        answers = (
            await self._client.run_scripts(script, calls, self._settings.write_timeout_s) if calls else []
        )
        fates, crowded = [Appended.STORED] * len(events), []
        for (user_id, of_user), answer in zip(indices.items(), answers, strict=True):
            for index, fate in zip(of_user, answer[: len(of_user)], strict=True):
                fates[index] = Appended(fate)
            if answer[len(of_user) :] == [1]:
                crowded.append(user_id)
        with suppress(StateUnavailableError):  # the events are stored; the next append tries again
            await self._compaction.run(crowded)
        return fates

    async def put_profile(self, user: User) -> None:
        """One SET with a time to live."""
        await self.put_profiles([user])

    async def put_profiles(self, users: Sequence[User]) -> None:
        """One pipeline with a SET with a time to live for each."""
        ttl_s = self._settings.limits.ttl_s
        calls = [
            Call((place,), [self._values.seal(pack_profile(user), place), ttl_s])
            for user, place in ((user, self._keys.user(user.user_id).profile) for user in users)
        ]
        await self._client.run_scripts(PUT_PROFILE, calls, self._settings.write_timeout_s)

    @property
    def erasure_delay_s(self) -> int | None:
        """The delay of the settings: None for a Redis that the service does not start."""
        return self._settings.erasure_delay_s

    async def erase(self, user_id: str, now: float, lasting: bool) -> dict[str, int]:
        """Erase a user; then a rewrite of the append-only file is requested."""
        return await self._erasure.erase(user_id, now, lasting)

    async def follow_erasures(self) -> None:
        """Rewrite the append-only file after erasures, until cancelled; end at once for a Redis of others."""
        await self._rewriter.run()

    async def catalogue_version(self) -> int:
        """The number of item changes so far."""
        return await self._items.catalogue_version()

    async def items(self, since: int = 0) -> StoredItems:
        """The items changed after version `since`."""
        return await self._items.items(since)

    async def item(self, item_id: str) -> ItemChange | None:
        """The stored change of an item; None for an item that was never changed."""
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
        unpack = partial(unpack_entry, stream=self._keys.stream, values=self._values)
        unpacked = (
            self._values.unpack(partial(unpack, fields=fields), entry_id, None)
            for entry_id, fields in entries
        )
        return [entry for entry in unpacked if entry is not None]

    async def read_erasures(self, names: Sequence[str]) -> list[float | None]:
        """One MGET."""
        if not names:
            return []
        keys = [self._keys.user_named(name).erased for name in names]
        marks = await self._client.run_command("MGET", *keys, deadline_s=self._settings.write_timeout_s)
        return [
            None if mark is None else self._values.unpack(unpack_mark, mark, DAMAGED)[0] for mark in marks
        ]

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def installation_key(self, fresh: bytes) -> bytes:
        """The key that the first replica has set. Raises WrongPseudonymKeyError and WrongStateKeyError."""
        names, seals = self._settings.pseudonyms, self._values.seals
        mark = NO_PSEUDONYMS if names is None else names.mark
        seal_marks = () if seals is None else seals.marks
        keys = (self._keys.installation_key, self._keys.naming, self._keys.sealing)
        call = Call(keys, [fresh, mark, NO_PSEUDONYMS, *seal_marks])
        key: bytes
        key, naming, sealing = await self._client.run_script(OPEN_STORE, call, self._settings.write_timeout_s)
        check_mark(naming.decode(), mark)
        check_seal_mark(sealing.decode(), seal_marks)
        return key
