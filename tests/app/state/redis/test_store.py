"""What only Redis has: times to live, caps on keys, scripts to be loaded, bytes that can be damaged."""

import asyncio
import random
from dataclasses import replace

import pytest
import redis

from app.state.memory.store import MemoryStore
from app.state.protocol import RecordedEvent, StateUnavailableError
from app.state.redis.keys import Keys
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from models.contract.catalogue import Item, User
from models.contract.events import Event


def views(user_id: str, count: int, start: int = 0) -> list[RecordedEvent]:
    return [
        RecordedEvent(user_id, Event(str(n), "view", float(n)), f"e{n}") for n in range(start, start + count)
    ]


async def test_a_made_up_users_erasure_is_forgotten_and_a_real_ones_is_not(
    redis_store: RedisStore, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    """For ever: whom the bundle knows, who had anything in the store, and whoever was marked so before."""
    keys, ttl_s = Keys(settings.prefix), settings.limits.ttl_s

    async def left(user_id: str, lasting: bool = False) -> int:
        await redis_store.erase(user_id, 1.0, lasting)
        return redis_client.ttl(keys.user(user_id).erased)

    assert ttl_s - 3_600 < await left("nobody") <= ttl_s
    assert await left("trained", lasting=True) == await left("trained") == -1
    await redis_store.append(views("active", 1))
    await redis_store.put_profile(User("profiled"))
    assert await left("active") == await left("profiled") == -1
    await redis_store.append(views("long ago", 1))
    redis_client.delete(keys.user("long ago").events, keys.user("long ago").event_ids)
    assert await left("long ago") == -1  # the stream still had something


async def test_every_key_expires_or_is_capped(
    redis_store: RedisStore, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    for start in range(0, 3_000, 100):
        await redis_store.append(views("1", 100, start))
    await redis_store.put_profile(User("1", {"age": 30.0}))
    await redis_store.append(views("2", 1))
    await redis_store.erase("3", 1.0, lasting=True)
    for number in range(5):
        await redis_store.put_item(Item(str(number)))
    keys, limits = Keys(settings.prefix), settings.limits
    one, two, three = keys.user("1"), keys.user("2"), keys.user("3")
    lasting = {one.events, one.past_items, one.profile, two.events}
    passing = {one.event_ids, two.event_ids}
    capped = {keys.stream, keys.items, keys.item_changes, keys.items_version}
    found = {key.decode() for key in redis_client.scan_iter(f"{settings.prefix}*", count=1_000)}
    assert found == lasting | passing | capped | {three.erased}
    # An hour of leave for a slow machine.
    assert all(limits.ttl_s - 3_600 < redis_client.ttl(key) <= limits.ttl_s for key in lasting)
    assert all(
        limits.event_id_ttl_s - 3_600 < redis_client.ttl(key) <= limits.event_id_ttl_s for key in passing
    )
    assert redis_client.ttl(three.erased) == -1
    ids_bytes = redis_client.strlen(one.event_ids)
    assert 20 * limits.max_event_ids <= ids_bytes - 1 <= 25 * limits.max_event_ids
    assert redis_client.strlen(one.events) <= 5 + limits.stored_events * len(b"..ttttttttvvvvvvvv..view2999")
    assert redis_client.strlen(one.past_items) == 1 + limits.max_past_items * len(b"..2000")
    assert limits.stream_cap <= redis_client.xlen(keys.stream) <= limits.stream_cap + 100
    assert redis_client.hlen(keys.items) == redis_client.zcard(keys.item_changes) == limits.item_cap


async def test_an_event_keeps_a_profile_alive(
    redis_store: RedisStore, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    await redis_store.put_profile(User("1"))
    redis_client.expire(Keys(settings.prefix).user("1").profile, 1_000)
    await redis_store.append(views("1", 1))
    assert redis_client.ttl(Keys(settings.prefix).user("1").profile) > 1_000


async def test_two_hundred_events_fit_in_six_kilobytes(
    redis_store: RedisStore, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    await redis_store.append(
        [RecordedEvent("1", Event(str(n), "rate", float(n), 4.0)) for n in range(1_000, 1_200)]
    )
    assert redis_client.strlen(Keys(settings.prefix).user("1").events) == 5 + 200 * 28


async def test_random_histories_are_the_same_as_in_memory(
    redis_store: RedisStore, settings: RedisSettings
) -> None:
    memory, chance = MemoryStore(settings.limits), random.Random(7)
    for batch in range(60):
        events = [
            RecordedEvent(
                chance.choice("ab"),
                Event(f"{batch}-{n}", "view", float(chance.randrange(-50, 50))),
                chance.choice([None, str(chance.randrange(3_000))]),
            )
            for n in range(chance.randrange(40))
        ]
        assert await redis_store.append(events) == await memory.append(events)
        for user_id in "ab":
            assert await redis_store.read(user_id) == await memory.read(user_id)


async def test_one_round_trip_to_read_and_one_to_write(
    redis_store: RedisStore, redis_client: redis.Redis
) -> None:
    await redis_store.append(views("1", 1))
    before = redis_client.info("stats")["total_reads_processed"]
    await redis_store.read("1")
    await redis_store.append([*views("1", 3, 1), *views("2", 3)])
    assert redis_client.info("stats")["total_reads_processed"] - before == 3  # the last is this question


async def test_an_append_logs_its_own_event_and_not_the_history(
    redis_store: RedisStore, redis_client: redis.Redis
) -> None:
    await redis_store.append(views("1", 150))
    before = redis_client.info("persistence")["aof_current_size"]
    await redis_store.append(views("1", 1, 150))
    assert 0 < redis_client.info("persistence")["aof_current_size"] - before < 1_000


async def test_forgotten_scripts_are_loaded_again(redis_store: RedisStore, redis_client: redis.Redis) -> None:
    await redis_store.append(views("1", 1))
    redis_client.script_flush()
    assert await redis_store.append([*views("1", 2), *views("2", 1)]) == [False, True, True]


@pytest.mark.parametrize(
    "damaged", [b"", b"\x01", b"\x02\x00\x00\x00\x00", b"\x01\x09\x00\x00\x00abc", b"x" * 900]
)
async def test_a_damaged_history_counts_as_none_and_heals(
    redis_store: RedisStore,
    settings: RedisSettings,
    redis_client: redis.Redis,
    damaged: bytes,
    corrupt_values: list[None],
) -> None:
    redis_client.set(Keys(settings.prefix).user("1").events, damaged)
    assert (await redis_store.read("1")).state.events == ()
    assert len(corrupt_values) == 1
    await redis_store.append(
        views("1", 300)
    )  # past the point where the script trims, and so reads, the value
    assert len((await redis_store.read("1")).state.events) == 200


@pytest.mark.parametrize("time", ["00" * 6 + "f87f", "00" * 6 + "f07f"])
async def test_a_history_with_an_impossible_time_heals(
    redis_store: RedisStore, settings: RedisSettings, redis_client: redis.Redis, time: str
) -> None:
    record = b"\x12\x00" + bytes.fromhex(time) + b"\x00" * 10
    redis_client.set(Keys(settings.prefix).user("1").events, b"\x01\x01\x00\x00\x00" + record)
    assert (await redis_store.read("1")).state.events == ()
    await redis_store.append(views("1", 300))
    assert len((await redis_store.read("1")).state.events) == 200


@pytest.mark.parametrize("damaged", [b"", b"\x02", b"\x01\x09", b"\x01\x09\x00abc", b"x" * 900])
async def test_damaged_past_items_count_as_none_and_heal(
    redis_store: RedisStore,
    settings: RedisSettings,
    redis_client: redis.Redis,
    damaged: bytes,
    corrupt_values: list[None],
) -> None:
    redis_client.set(Keys(settings.prefix).user("1").past_items, damaged)
    await redis_store.append(views("1", 9))
    state = (await redis_store.read("1")).state
    assert (len(state.events), state.past_items, len(corrupt_values)) == (9, frozenset(), 1)
    await redis_store.append(views("1", 500, 9))
    assert {str(n) for n in range(309)} <= (await redis_store.read("1")).state.past_items
    assert len(corrupt_values) == 1


async def test_a_damaged_profile_item_or_stream_entry_counts_as_none(
    redis_store: RedisStore, settings: RedisSettings, redis_client: redis.Redis, corrupt_values: list[None]
) -> None:
    keys = Keys(settings.prefix)
    await redis_store.put_item(Item("1"))
    await redis_store.put_item(Item("2"))
    await redis_store.append(views("1", 1))
    redis_client.set(keys.user("1").profile, b"{")
    redis_client.hset(keys.items, "1", b"{")
    redis_client.xadd(keys.stream, {"user_id": "1"})
    assert (await redis_store.read("1")).state.profile is None
    assert set((await redis_store.items()).items) == {"2"}
    assert len(await redis_store.read_stream()) == 1
    assert len(corrupt_values) == 3


async def test_items_are_read_in_chunks(settings: RedisSettings) -> None:
    store = RedisStore(replace(settings, limits=replace(settings.limits, item_cap=1_000)))
    await store.put_item(Item("0"))
    await asyncio.gather(*(store.put_item(Item(str(number))) for number in range(1, 401)))
    assert set((await store.items()).items) == {str(number) for number in range(401)}
    assert set((await store.items(since=1)).items) == {str(number) for number in range(1, 401)}
    await store.close()


async def test_a_refusal_is_named_without_user_data(
    redis_store: RedisStore, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    redis_client.rpush(Keys(settings.prefix).user("secret").events, "not ours")
    with pytest.raises(StateUnavailableError) as caught:
        await redis_store.append([*views("other", 1), *views("secret", 1)])
    assert str(caught.value) == "expected an answer from Redis, given ResponseError"
    assert "secret" not in repr(caught.value.__cause__)


async def test_a_damaged_mark_still_hides_the_history_of_the_bundle(
    redis_store: RedisStore,
    settings: RedisSettings,
    redis_client: redis.Redis,
    corrupt_values: list[None],
) -> None:
    redis_client.set(Keys(settings.prefix).user("1").erased, b"\xffsometime")
    found = await redis_store.read("1")
    assert (found.erased_at, found.keeps_bundle_history) == (None, False) and len(corrupt_values) == 1
    assert await redis_store.append(views("1", 1)) == [True]
    await redis_store.erase("1", 5.0, lasting=True)
    assert (await redis_store.read("1")).erased_at == 5.0
