"""The contract of every store's trials: impressions of new items by day, bounded, of nobody."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import redis

from app.state.memory.store import MemoryStore
from app.state.protocol import StateStore
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from tests.app.redis_dump import dump_redis
from tests.app.state.conftest import LIMITS

DAY = 25_000  # in 2038, so that no key has expired


async def read(store: StateStore, ids: Sequence[str], day: int = DAY) -> dict[str, float]:
    (found,) = await store.trials.read_shown([day])
    names = dict(zip(store.trials.digest(ids).tolist(), ids, strict=True))
    return {
        names[item]: count for item, count in zip(found.items.tolist(), found.counts.tolist(), strict=True)
    }


async def test_impressions_add_up_by_day(store: StateStore) -> None:
    assert await store.trials.version() == 0 and await read(store, "ab") == {}
    await store.trials.add_shown({"a": 3, "b": 1}, DAY)
    await store.trials.add_shown({"a": 2}, DAY)
    await store.trials.add_shown({"a": 7}, DAY + 1)
    assert await store.trials.version() == 3
    assert await read(store, "ab") == {"a": 5, "b": 1}
    both = await store.trials.read_shown([DAY, DAY + 1, DAY + 2])
    assert [counts.counts.sum() for counts in both] == [6, 7, 0]


async def test_tenants_count_for_themselves(store: StateStore) -> None:
    other = store.of_tenant("other")
    await store.trials.add_shown({"a": 1}, DAY)
    await other.trials.add_shown({"b": 2}, DAY)
    assert await read(store, "ab") == {"a": 1} and await read(other, "ab") == {"b": 2}


@pytest.mark.parametrize("kind", ["memory", "redis"])
async def test_the_items_of_a_day_are_bounded(kind: str, settings: RedisSettings) -> None:
    """Above the cap the known items still count."""
    limits = replace(LIMITS, trial_items=3)
    store: StateStore = (
        MemoryStore(limits) if kind == "memory" else RedisStore(replace(settings, limits=limits))
    )
    await store.trials.add_shown(dict.fromkeys("abcd", 1), DAY)
    await store.trials.add_shown(dict.fromkeys("aed", 1), DAY)
    assert await read(store, "abcde") == {"a": 2, "b": 1, "c": 1}
    await store.trials.add_shown({"e": 1}, DAY + 1)
    assert await read(store, "e", DAY + 1) == {"e": 1}
    await store.close()


async def test_keys_expire_and_name_nothing(
    redis_store: RedisStore, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    await redis_store.trials.add_shown({"item-one": 1}, DAY)
    key = f"{settings.prefix}:{{trials}}:{DAY}"
    assert redis_client.expiretime(key) == (DAY + 1 + LIMITS.trial_days) * 86_400
    assert b"item-one" not in dump_redis(redis_client, f"{settings.prefix}:{{trials}}:*")


async def test_days_that_are_too_old_are_forgotten_in_memory() -> None:
    store = MemoryStore(LIMITS)
    await store.trials.add_shown({"a": 1}, DAY)
    await store.trials.add_shown({"a": 1}, DAY + LIMITS.trial_days + 1)
    assert await read(store, "a") == {}
