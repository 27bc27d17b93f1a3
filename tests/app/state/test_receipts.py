"""The contract of the receipts of erasures in every store."""

from dataclasses import replace

import pytest
import redis

from app.state.protocol import ErasureReceipt, StateStore, StateUnavailableError
from app.state.redis.keys import Keys
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore


def receipt(number: int, erased_at: float = 5.5) -> ErasureReceipt:
    return ErasureReceipt(f"{number:032x}", erased_at, ("a" * 32, "b" * 32), {"events": number, "profile": 1})


async def test_a_receipt_is_found_by_its_id(store: StateStore) -> None:
    await store.receipts.put(receipt(1), lasting=True)
    await store.receipts.put(receipt(2), lasting=False)
    assert await store.receipts.read(receipt(1).receipt_id) == receipt(1)
    assert await store.receipts.read(receipt(2).receipt_id) == receipt(2)
    assert await store.receipts.read("never given") is None


async def test_lasting_receipts_are_listed_by_time(store: StateStore) -> None:
    assert list(await store.receipts.list_lasting()) == []
    for number, moment in ((1, 30.25), (2, 10.5), (3, 20.0)):
        await store.receipts.put(receipt(number, moment), lasting=True)
    await store.receipts.put(receipt(4, 1.0), lasting=False)
    moments = [each.erased_at for each in await store.receipts.list_lasting()]
    assert moments == [10.5, 20.0, 30.25]
    assert [each.erased_at for each in await store.receipts.list_lasting(1, 1)] == [20.0]
    assert list(await store.receipts.list_lasting(3)) == []


async def test_the_first_bundle_stays(store: StateStore) -> None:
    for number in (1, 2):
        await store.receipts.put(receipt(number), lasting=True)
    await store.receipts.note_bundle([receipt(1).receipt_id, "never given"], "v2")
    await store.receipts.note_bundle([receipt(1).receipt_id, receipt(2).receipt_id], "v3")
    await store.receipts.note_bundle([], "v4")
    assert await store.receipts.read(receipt(1).receipt_id) == replace(receipt(1), first_bundle="v2")
    assert [each.first_bundle for each in await store.receipts.list_lasting()] == ["v2", "v3"]
    assert await store.receipts.read("never given") is None


async def test_a_receipt_may_have_its_first_bundle_from_the_start(store: StateStore) -> None:
    known = replace(receipt(1), first_bundle="v1")
    for lasting in (True, False):
        await store.receipts.put(known, lasting)
        await store.receipts.note_bundle([known.receipt_id], "v1")
        assert await store.receipts.read(known.receipt_id) == known


async def test_tenants_are_apart(store: StateStore) -> None:
    await store.of_tenant("shop").receipts.put(receipt(1), lasting=True)
    assert await store.receipts.read(receipt(1).receipt_id) is None
    assert list(await store.receipts.list_lasting()) == []


async def test_in_redis_one_that_is_not_lasting_expires(
    settings: RedisSettings, redis_store: RedisStore, redis_client: redis.Redis
) -> None:
    keys = Keys(settings.prefix)
    for number in (1, 2):
        await redis_store.receipts.put(receipt(number), lasting=number == 2)
    ttl_s = redis_client.ttl(keys.expiring_receipt(receipt(1).receipt_id))
    assert settings.limits.ttl_s - 60 < ttl_s <= settings.limits.ttl_s
    assert redis_client.ttl(keys.receipts) == redis_client.ttl(keys.receipt_order) == -1


async def test_a_damaged_receipt_counts_as_absent(
    settings: RedisSettings,
    redis_store: RedisStore,
    redis_client: redis.Redis,
    corrupt_values: list[None],
) -> None:
    for number in (1, 2):
        await redis_store.receipts.put(receipt(number, number), lasting=True)
    redis_client.hset(Keys(settings.prefix).receipts, receipt(1).receipt_id, "{}")
    assert [each.erased_at for each in await redis_store.receipts.list_lasting()] == [2]
    assert await redis_store.receipts.read(receipt(1).receipt_id) is None
    assert len(corrupt_values) == 2


async def test_an_outage_is_said(settings: RedisSettings) -> None:
    store = RedisStore(replace(settings, url="redis://127.0.0.1:1"))
    with pytest.raises(StateUnavailableError):
        await store.receipts.put(receipt(1), lasting=True)
    await store.close()
