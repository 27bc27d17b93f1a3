"""The contract of every store's live counts: each user once, with the acceptance of the event, bounded."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import redis

from app.state.memory.store import MemoryStore
from app.state.protocol import Appended, RecordedEvent, StateStore
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from models.contract.events import Event
from models.contract.live_statistics import LiveWindow
from tests.app.redis_dump import dump_redis
from tests.app.state.conftest import LIMITS

NOW = 1e9
WINDOW = LiveWindow(LIMITS.live_half_life_s)


def took(user_id: str, item_id: str, at: float = NOW, **more: str) -> RecordedEvent:
    return RecordedEvent(user_id, Event(item_id, "like", at), counted_at=at, **more)


async def read_items(store: StateStore, ids: Sequence[str], at: float = NOW) -> dict[str, float]:
    """Item -> its count in the bucket of a moment."""
    (found,) = await store.live.read_items([WINDOW.bucket(at)])
    names = dict(zip(store.live.digest(ids).tolist(), ids, strict=True))
    return {
        names[digest]: count
        for digest, count in zip(found.items.tolist(), found.counts.tolist(), strict=True)
    }


async def read_pairs(store: StateStore, ids: Sequence[str], at: float = NOW) -> dict[frozenset[str], float]:
    """Pair -> its count in the bucket of a moment."""
    (found,) = await store.live.read_pairs([WINDOW.pair_bucket(at)])
    names = dict(zip(store.live.digest(ids).tolist(), ids, strict=True))
    columns = zip(found.first.tolist(), found.second.tolist(), found.counts.tolist(), strict=True)
    return {frozenset({names[first], names[second]}): count for first, second, count in columns}


async def test_nothing_is_counted_at_first(store: StateStore) -> None:
    assert await store.live.version() == 0
    assert await read_items(store, "ab") == {} and await read_pairs(store, "ab") == {}
    await store.append([RecordedEvent("u", Event("a", "view", NOW))])  # does not count
    assert await store.live.version() == 0 and await read_items(store, "ab") == {}


async def test_a_user_counts_once_for_an_item(store: StateStore) -> None:
    await store.append([took("u", "a"), took("u", "a"), took("v", "a"), took("v", "b")])
    await store.append([took("u", "a", NOW + 60)])
    assert await read_items(store, "ab") == {"a": 2, "b": 1}
    assert await store.live.version() == 3


async def test_a_user_counts_again_after_a_half_life(store: StateStore) -> None:
    later = NOW + WINDOW.half_life_s
    await store.append([took("u", "a")])
    await store.append([took("u", "a", later)])
    assert await read_items(store, "a") == await read_items(store, "a", later) == {"a": 1}


async def test_a_repeated_event_id_counts_once(store: StateStore) -> None:
    """The count belongs to the acceptance: neither a duplicate, nor a conflict, nor an erased event counts."""
    assert await store.append([took("u", "a", event_id="1")]) == [Appended.STORED]
    later = NOW + WINDOW.half_life_s  # the user may count again, but this event not
    assert await store.append([replace(took("u", "a", event_id="1"), counted_at=later)]) == [
        Appended.DUPLICATE
    ]
    assert await store.append([took("u", "b", later, event_id="1")]) == [Appended.CONFLICT]
    await store.erase("v", later, True)
    assert await store.append([took("v", "a")]) == [Appended.ERASED]
    assert await read_items(store, "ab") == {"a": 1} and await read_items(store, "ab", later) == {}
    assert await store.live.version() == 1


async def test_pairs_are_of_the_last_five_items(store: StateStore) -> None:
    for user in ("u", "v"):
        await store.append([took(user, item) for item in "abcdefg"])
    pairs = await read_pairs(store, "abcdefg")
    assert set(pairs.values()) == {2}
    near = {
        frozenset({first, second})
        for place, first in enumerate("abcdefg")
        for second in "abcdefg"[place + 1 : place + 6]
    }
    assert set(pairs) == near and frozenset("ag") not in near


async def test_a_pair_of_one_user_is_not_read(store: StateStore) -> None:
    await store.append([took("u", "a"), took("u", "b")])
    assert await read_pairs(store, "ab") == {}
    await store.append([took("v", "b")])
    await store.append([took("v", "a")])
    assert await read_pairs(store, "ab") == {frozenset("ab"): 2}


async def test_an_erasure_forgets_what_was_counted_of_the_user_and_keeps_the_counts(
    store: StateStore,
) -> None:
    await store.append([took("u", "a")])
    await store.erase("u", NOW + 1, True)
    assert await read_items(store, "a") == {"a": 1}
    await store.append([took("u", "a", NOW + 2)])  # somebody new
    assert await read_items(store, "a") == {"a": 2}


async def test_tenants_count_for_themselves(store: StateStore) -> None:
    other = store.of_tenant("other")
    await store.append([took("u", "a")])
    await other.append([took("u", "b")])
    assert await read_items(store, "ab") == {"a": 1}
    assert await read_items(other, "ab") == {"b": 1}


@pytest.mark.parametrize("kind", ["memory", "redis"])
async def test_counts_are_bounded(kind: str, settings: RedisSettings) -> None:
    """A user counts for so many items; of many items the frequent ones stay, and so of pairs."""
    limits = replace(LIMITS, live_user_items=3, live_items=4, live_pairs=2)
    store: StateStore = (
        MemoryStore(limits) if kind == "memory" else RedisStore(replace(settings, limits=limits))
    )
    await store.append([took("greedy", item) for item in "abcdef"])
    assert await store.live.version() == 3
    for number in range(9):
        await store.append([took(f"u{number}", "hit"), took(f"u{number}", f"rare{number}")])
    names = ["hit", *"abcdef", *(f"rare{number}" for number in range(9))]
    counts = await read_items(store, names)
    assert counts.pop("hit") == 9
    assert 3 <= len(counts) <= 4 and set(counts.values()) == {1}
    for number in range(9):
        await store.append([took(f"v{number}", "hit"), took(f"v{number}", f"rare{number}")])
    assert len(await read_pairs(store, names)) <= 2
    await store.close()


async def test_keys_expire_and_name_nobody(
    redis_store: RedisStore, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    await redis_store.append([took("somebody", "item-one"), took("somebody", "item-two")])
    counted = list(redis_client.scan_iter(f"{settings.prefix}:*:counted"))
    live = list(redis_client.scan_iter(f"{settings.prefix}:{{live}}:*"))
    assert len(counted) == 1 and len(live) == 3
    half_life_s = LIMITS.live_half_life_s
    assert 0 < redis_client.ttl(counted[0]) <= half_life_s
    # The counter stays, so that a reader sees every change.
    assert sorted(redis_client.ttl(key) > 0 for key in live) == [False, True, True]
    assert all(redis_client.ttl(key) <= 5 * half_life_s for key in live)
    content = dump_redis(redis_client, f"{settings.prefix}:{{live}}:*") + redis_client.get(counted[0])
    assert b"somebody" not in content and b"item-one" not in content


async def test_with_a_key_digests_are_secret(store: StateStore, sealed_settings: RedisSettings) -> None:
    sealed = RedisStore(sealed_settings)
    plain = MemoryStore(LIMITS)
    assert not np.array_equal(sealed.live.digest(["a"]), plain.live.digest(["a"]))
    await sealed.close()
