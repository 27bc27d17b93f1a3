"""Encryption in Redis: nothing of a user in clear text, rotation, clear text of before, and values out of place."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import redis

from app.state.protocol import Appended, RecordedEvent, StateUnavailableError, TenantStore, UserMerge
from app.state.pseudonyms import Pseudonyms, WrongPseudonymKeyError
from app.state.redis.keys import Keys
from app.state.redis.sealed_history import HEADER, MOST_BLOCKS
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from app.state.state_keys import StateKeys, WrongStateKeyError
from models.contract.catalogue import User
from models.contract.events import Event
from tests.app.redis_dump import dump_redis

KEYS, NEW = StateKeys(b"s" * 32), StateKeys(b"n" * 32, (b"s" * 32,))
SECRETS = ("film-of-the-user", "bookmarked", "attic-device", "request-7f", "sculptor", "quiet westerns")


@pytest.fixture
async def opened(settings: RedisSettings, corrupt_values: list[None]) -> AsyncIterator["Opened"]:
    stores = Opened(settings, corrupt_values)
    yield stores
    for store in stores.all:
        await store.close()


class Opened:
    """Opens stores over the Redis of the test, which are closed at its end."""

    def __init__(self, settings: RedisSettings, corrupt_values: list[None]) -> None:
        self._settings = settings
        self._corrupt_values = corrupt_values
        self.all: list[RedisStore] = []

    def __call__(self, keys: StateKeys | None, pseudonyms: Pseudonyms | None = None) -> RedisStore:
        settings = replace(self._settings, state_keys=keys, pseudonyms=pseudonyms)
        self.all.append(RedisStore(settings, lambda: self._corrupt_values.append(None)))
        return self.all[-1]


def viewed(user_id: str, number: int, event_id: str | None = None) -> RecordedEvent:
    return RecordedEvent(user_id, Event(str(number), "view", float(number)), event_id)


async def item_ids(store: TenantStore, user_id: str = "u") -> list[str]:
    return [event.item_id for event in (await store.read(user_id)).state.events]


@pytest.mark.parametrize("tenant", ["", "shop"])
async def test_nothing_of_a_user_is_stored_in_clear_text(
    opened: Opened, settings: RedisSettings, redis_client: redis.Redis, tenant: str
) -> None:
    names = Pseudonyms(b"k" * 32)
    sealed = opened(KEYS, names)
    store: TenantStore = sealed.of_tenant(tenant) if tenant else sealed
    film, action, device, request, job, interests = SECRETS
    event = Event(film, action, 1.0, 4.5, {"device": device})
    recorded = RecordedEvent("alice@example.org", event, "e1", request, 3)
    await store.append([recorded, *(viewed("alice@example.org", n) for n in range(2, 500))])
    await store.put_profile(User("alice@example.org", {"job": job}, interests))
    await store.append([replace(recorded, user_id="visitor")])
    await store.merge(UserMerge("alice@example.org", "visitor", 9.0))
    assert film in (await store.read("alice@example.org")).state.past_items
    found = (await store.read_stream(count=1))[0].recorded
    assert found == replace(recorded, user_id=names.name("alice@example.org"))
    everything = dump_redis(redis_client, f"{settings.prefix}:*")
    assert len(everything) > 10_000
    assert [text for text in (*SECRETS, "alice", "visitor") if text.encode() in everything] == []


async def test_the_layout_of_a_history(
    opened: Opened, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    store = opened(KEYS)
    await store.append([viewed("u", 1), viewed("u", 2)])
    stored = redis_client.get(Keys(settings.prefix).user("u").events)
    assert HEADER.unpack_from(stored) == (0xB1, 2, 2)
    block = 4 + 33 + 5 + 25  # size, seal, header of the value, record
    assert len(stored) == 9 + 2 * block
    assert stored[9:14] == (block - 4).to_bytes(4, "little") + b"\xa1"
    assert stored[13 + block : 14 + block] == b"\xa1"


async def test_many_blocks_become_one(
    opened: Opened, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    store = opened(KEYS)
    for number in range(MOST_BLOCKS + 2):
        await store.append([viewed("u", number)])
    stored = redis_client.get(Keys(settings.prefix).user("u").events)
    assert HEADER.unpack_from(stored) == (0xB1, MOST_BLOCKS + 2, 2), "the one of all before, and the last"
    assert await item_ids(store) == [str(number) for number in range(MOST_BLOCKS + 2)]


async def test_one_round_trip_to_read_and_one_to_write(opened: Opened, redis_client: redis.Redis) -> None:
    store = opened(KEYS)
    await store.append([viewed("u", 1)])
    before = redis_client.info("stats")["total_reads_processed"]
    await store.read("u")
    await store.append([viewed("u", 2), viewed("v", 3)])
    assert redis_client.info("stats")["total_reads_processed"] - before == 3  # the last is this question


async def test_what_is_sealed_expires(
    opened: Opened, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    store, ttl_s = opened(KEYS), settings.limits.ttl_s
    await store.put_profile(User("u"))
    for start in range(0, 600, 100):
        await store.append([viewed("u", number) for number in range(start, start + 100)])
    user = Keys(settings.prefix).user("u")
    for key in (user.events, user.past_items, user.profile):
        assert ttl_s - 3_600 < redis_client.ttl(key) <= ttl_s


async def test_without_a_key_nothing_is_sealed_and_no_mark_is_stored(
    opened: Opened, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    store = opened(None)
    await store.installation_key(b"first")
    await store.append([viewed("u", 7, "e")])
    keys = Keys(settings.prefix)
    assert (
        redis_client.get(keys.user("u").events)
        == bytes.fromhex("0101000000 1700 0000000000001c40 000000000000f87f 0400".replace(" ", "")) + b"view7"
    )
    entries: Any = redis_client.xrange(keys.stream)
    ((_entry, fields),) = entries
    assert list(fields) == [
        *(b"user_id", b"item_id", b"action", b"value", b"timestamp", b"context"),
        *(b"recommendation_id", b"rank", b"event_id"),
    ]
    assert not redis_client.exists(keys.sealing)


async def test_clear_text_of_before_is_read_and_sealed_at_the_next_write(
    opened: Opened, settings: RedisSettings, redis_client: redis.Redis, corrupt_values: list[None]
) -> None:
    clear, sealed = opened(None), opened(KEYS)
    await clear.installation_key(b"first")
    await clear.append([viewed("u", number) for number in range(300)])
    await clear.append([viewed("u", 300, "e")])
    await clear.put_profile(User("u", {"job": "sculptor"}))
    before = await clear.read("u")
    assert await sealed.installation_key(b"second") == b"first"
    assert await sealed.read("u") == before and len(await sealed.read_stream()) == 301
    conflict = replace(viewed("u", 300, "e"), rank=1)
    assert await sealed.append([viewed("u", 300, "e"), conflict, viewed("u", 301)]) == [
        Appended.DUPLICATE,
        Appended.CONFLICT,
        Appended.STORED,
    ]
    after = (await sealed.read("u")).state
    assert (after.profile, after.seen) == (before.state.profile, before.state.seen | {"301"})
    keys = Keys(settings.prefix).user("u")
    assert HEADER.unpack_from(redis_client.get(keys.events))[2] == 1
    for key, first in ((keys.events, 0xB1), (keys.past_items, 0xA1), (keys.profile, 0xA1)):
        assert redis_client.get(key)[0] == first, key
    assert corrupt_values == []


async def test_a_rotation_reads_the_old_key_and_writes_the_new_one(
    opened: Opened, settings: RedisSettings, redis_client: redis.Redis, corrupt_values: list[None]
) -> None:
    old, new = opened(KEYS), opened(NEW)
    await old.installation_key(b"first")
    await old.append([viewed("u", 1, "e1"), viewed("u", 2)])
    await old.put_profile(User("u", {"job": "sculptor"}))
    assert await new.installation_key(b"x") == b"first"
    assert await new.read("u") == await old.read("u")
    retries = [viewed("u", 1, "e1"), replace(viewed("u", 1, "e1"), rank=4)]
    assert await new.append([*retries, viewed("u", 3)]) == [
        Appended.DUPLICATE,
        Appended.CONFLICT,
        Appended.STORED,
    ]
    alone = opened(StateKeys(NEW.current))
    await alone.installation_key(b"x")
    assert await alone.read("u") == await new.read("u"), "the event has sealed everything anew"
    assert await item_ids(alone) == ["1", "2", "3"] and corrupt_values == []
    with pytest.raises(WrongStateKeyError):
        await opened(KEYS).installation_key(b"x")


async def test_a_profile_of_the_old_key_is_sealed_anew_by_the_first_event(
    opened: Opened, corrupt_values: list[None]
) -> None:
    """Else each event would keep the profile alive, and with it the need of the old key."""
    old, new, alone = opened(KEYS), opened(NEW), opened(StateKeys(NEW.current))
    await old.put_profile(User("u", {"job": "sculptor"}))
    await new.append([viewed("u", 1)])
    assert (await alone.read("u")).state.profile == User("u", {"job": "sculptor"})
    await old.put_profile(User("u", {"job": "artist"}))  # a replica that has not been restarted
    await new.append([viewed("u", 2)])
    assert (await alone.read("u")).state.profile == User("u", {"job": "artist"})
    assert await item_ids(alone) == ["1", "2"] and corrupt_values == []


async def test_blocks_of_a_key_that_is_missing_wait_for_it(
    opened: Opened, corrupt_values: list[None]
) -> None:
    """A replica that does not have the new key yet, or has the old one no more, destroys nothing."""
    old, other = opened(KEYS), opened(StateKeys(b"z" * 32))
    await other.append([viewed("u", 1)])
    for number in range(2, MOST_BLOCKS + 4):  # its blocks become one meanwhile
        await old.append([viewed("u", number)])
    assert "1" not in await item_ids(old) and corrupt_values
    with pytest.raises(StateUnavailableError, match="CHORUS_STATE_KEYS_OLD"):
        await old.merge(UserMerge("v", "u", 9.0))
    both = opened(StateKeys(b"s" * 32, (b"z" * 32,)))
    assert await item_ids(both) == [str(number) for number in range(1, MOST_BLOCKS + 4)]


async def test_a_store_without_the_key_replaces_no_sealed_history(opened: Opened) -> None:
    sealed, clear = opened(KEYS), opened(None)
    await sealed.append([viewed("u", 1)])
    with pytest.raises(StateUnavailableError, match="SEALED expected CHORUS_STATE_KEY"):
        await clear.append([viewed("u", 2)])
    for merge in (UserMerge("u", "v", 9.0), UserMerge("v", "u", 9.0)):
        with pytest.raises(StateUnavailableError, match="SEALED"):
            await clear.merge(merge)
    assert await item_ids(sealed) == ["1"]


async def test_a_value_of_another_user_counts_as_absent(
    opened: Opened, settings: RedisSettings, redis_client: redis.Redis, corrupt_values: list[None]
) -> None:
    store, keys = opened(KEYS), Keys(settings.prefix)
    await store.append([viewed("u", number) for number in range(300)])
    await store.put_profile(User("u", {"job": "sculptor"}))
    u, v = keys.user("u"), keys.user("v")
    for source, target in (
        (u.events, v.events),
        (u.past_items, v.past_items),
        (u.profile, v.profile),
        (u.profile, u.past_items),
    ):
        redis_client.copy(source, target, replace=True)
    state = (await store.read("v")).state
    assert (state.events, state.past_items, state.profile) == ((), frozenset(), None)
    assert len(corrupt_values) == 3
    assert (await store.read("u")).state.past_items == frozenset() and len(corrupt_values) == 4
    entries: Any = redis_client.xrange(keys.stream, count=1)
    _entry, fields = entries[0]
    redis_client.xadd(keys.stream, {**fields, b"user_id": b"v"})
    assert {entry.recorded.user_id for entry in await store.read_stream()} == {"u"}
    assert len(corrupt_values) == 5


@pytest.mark.parametrize(
    "damage", [b"\xb1", b"\xb1" + b"\0" * 8 + b"\xff\0\0\0cut", b"\xa1" * 40, b"\x01\x05abcd"]
)
async def test_a_damaged_history_counts_as_none_and_heals(
    opened: Opened,
    settings: RedisSettings,
    redis_client: redis.Redis,
    corrupt_values: list[None],
    damage: bytes,
) -> None:
    store = opened(KEYS)
    redis_client.set(Keys(settings.prefix).user("u").events, damage)
    assert await item_ids(store) == [] and len(corrupt_values) == 1
    await store.append([viewed("u", number) for number in range(300)])
    await store.append([viewed("u", 300)])
    assert (await item_ids(store))[-1] == "300"
    count = len(corrupt_values)
    await store.append([viewed("u", 301)])
    assert (await item_ids(store))[-2:] == ["300", "301"] and len(corrupt_values) == count


async def refuse(store: RedisStore, words: str) -> None:
    with pytest.raises(
        WrongStateKeyError, match=f"^CHORUS_STATE_KEY: expected the key of before.* given {words}; "
    ):
        await store.installation_key(b"x")


async def test_a_sealed_store_takes_no_other_key_and_not_none(opened: Opened) -> None:
    assert await opened(KEYS).installation_key(b"first") == b"first"
    await refuse(opened(StateKeys(b"t" * 32)), "another one")
    await refuse(opened(None), "none")
    assert await opened(KEYS).installation_key(b"x") == b"first"


async def test_a_start_that_the_pseudonyms_refuse_leaves_no_mark(
    opened: Opened, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    await opened(None).installation_key(b"first")
    with pytest.raises(WrongPseudonymKeyError):
        await opened(KEYS, Pseudonyms(b"k" * 32)).installation_key(b"x")
    assert not redis_client.exists(Keys(settings.prefix).sealing)


async def test_an_erasure_counts_and_leaves_nothing(
    opened: Opened, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    store = opened(KEYS)
    await store.append([viewed("u", number) for number in range(3)])
    assert await store.erase("u", 9.0, lasting=True) == {"events": 3, "profile": 0, "stream": 3}
    left = {key.decode().rpartition(":")[2] for key in redis_client.scan_iter(f"{settings.prefix}:*")}
    assert left == {"erased", "stream"}
