"""Encryption in Redis: nothing of a user in clear text, clear text of before, and values out of place."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import redis

from app.state.protocol import Appended, RecordedEvent, StateUnavailableError, TenantStore, UserMerge
from app.state.pseudonyms import Pseudonyms
from app.state.redis.compaction import Compaction
from app.state.redis.keys import Keys
from app.state.redis.sealed_history import HEADER, MOST_BLOCKS
from app.state.redis.settings import RedisSettings
from models.contract.catalogue import User
from models.contract.events import Event
from models.contract.roles import NO_ROLES, seen_items
from tests.app.redis_dump import dump_redis
from tests.app.state.opened_stores import KEYS, Opened, item_ids, viewed

SECRETS = ("film-of-the-user", "bookmarked", "attic-device", "request-7f", "sculptor", "quiet westerns")


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


async def test_a_crash_before_the_blocks_become_one_loses_nothing(
    opened: Opened, settings: RedisSettings, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_compaction: Compaction, user_ids: Sequence[str]) -> None:
        if user_ids:
            raise StateUnavailableError("expected an answer from Redis, given none")

    store = opened(KEYS)
    with monkeypatch.context() as patched:
        patched.setattr(Compaction, "run", fail)
        assert await store.append([viewed("u", number) for number in range(300)]) == [True] * 300
    key = Keys(settings.prefix).user("u").events
    assert HEADER.unpack_from(redis_client.get(key)) == (0xB1, 300, 300)
    assert await item_ids(store) == [str(number) for number in range(100, 300)]
    before = seen_items((await store.read("u")).state, NO_ROLES)
    await store.append([viewed("u", 300)])
    assert HEADER.unpack_from(redis_client.get(key)) == (0xB1, 200, 1)
    assert seen_items((await store.read("u")).state, NO_ROLES) == before | {"300"}


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
        *(b"recommendation_id", b"rank", b"event_id", b"text"),
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
    assert (after.profile, seen_items(after, NO_ROLES)) == (
        before.state.profile,
        seen_items(before.state, NO_ROLES) | {"301"},
    )
    keys = Keys(settings.prefix).user("u")
    assert HEADER.unpack_from(redis_client.get(keys.events))[2] == 1
    for key, first in ((keys.events, 0xB1), (keys.past_items, 0xA1), (keys.profile, 0xA1)):
        assert redis_client.get(key)[0] == first, key
    assert corrupt_values == []


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


async def test_an_erasure_counts_and_leaves_nothing(
    opened: Opened, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    store = opened(KEYS)
    await store.append([viewed("u", number) for number in range(3)])
    assert await store.erase("u", 9.0, lasting=True) == {"events": 3, "profile": 0, "stream": 3}
    left = {key.decode().rpartition(":")[2] for key in redis_client.scan_iter(f"{settings.prefix}:*")}
    assert left == {"erased", "stream"}
