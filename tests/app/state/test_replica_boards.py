"""The contract of every board of replicas, and what only Redis has: replicas that are gone."""

import json

import redis

from app.state.protocol import BundleOrder, Fleet, Refusal, Replica, StateStore
from app.state.protocol.replicas import REPLICA_TTL_S
from app.state.redis.keys import Keys
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore

ONE = Replica("one", "v1", 1.0)
TWO = Replica("two", "v2", 2.0, order_id="o", refused=Refusal("films ⚡", "bad_bundle"))
ORDER = BundleOrder("o", "films ⚡", "v2", 1763740800.125)


async def test_the_fleet_is_who_was_announced_and_the_last_order(store: StateStore) -> None:
    board = store.replicas
    assert await board.read() == Fleet()
    assert await board.announce(TWO) == Fleet(None, (TWO,))
    assert await board.announce(ONE) == Fleet(None, (ONE, TWO))
    await board.order(BundleOrder("old", "films", "v1", 1.0), ONE)
    await board.order(ORDER, Replica("one", "v1", 1.0, order_id="o"))
    followed = Replica("one", "v1", 1.0, order_id="o")
    assert await board.read() == Fleet(ORDER, (followed, TWO))
    await board.leave("two")
    await board.leave("nobody")
    assert await board.announce(ONE) == Fleet(ORDER, (ONE,))


async def test_who_is_silent_is_gone(
    redis_store: RedisStore, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    board, key = redis_store.replicas, Keys(settings.prefix).replicas
    await board.announce(ONE)
    seen, _, packed = redis_client.hget(key, "one").partition(b" ")
    redis_client.hset(key, "past", f"{int(seen) - REPLICA_TTL_S - 2} ".encode() + packed)
    redis_client.hset(
        key, "late", f"{int(seen) - REPLICA_TTL_S + 5} ".encode() + packed.replace(b"one", b"late")
    )
    redis_client.hset(key, "odd", b"nothing that was written here")
    assert [replica.replica_id for replica in (await board.read()).replicas] == ["late", "one"]
    assert redis_client.hlen(key) == 4
    assert [replica.replica_id for replica in (await board.announce(TWO)).replicas] == ["late", "one", "two"]
    assert redis_client.hlen(key) == 3
    assert 0 < redis_client.ttl(key) <= REPLICA_TTL_S


async def test_records_of_another_version_count_as_absent(
    redis_store: RedisStore, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    board, keys = redis_store.replicas, Keys(settings.prefix)
    await board.announce(ONE)
    seen = redis_client.hget(keys.replicas, "one").partition(b" ")[0]
    for number, other in enumerate(({"name": "x"}, [], {**json.loads('{"refused": null}'), "x": 1})):
        redis_client.hset(keys.replicas, f"n{number}", seen + b" " + json.dumps(other).encode())
    for damaged in (b"{", b"[]", b'{"bundle": 1}'):
        redis_client.set(keys.bundle_order, damaged)
        assert await board.read() == Fleet(None, (ONE,))
