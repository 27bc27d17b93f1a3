"""The contract of the impressions in every store."""

import time
from dataclasses import replace

import pytest
import redis

from app.state.limits import StoreLimits
from app.state.memory.impressions import MemoryImpressions
from app.state.protocol import Impression, StateStore
from app.state.pseudonyms import Pseudonyms
from app.state.redis.keys import Keys
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from app.state.state_keys import StateKeys
from models.contract.catalogue import User
from tests.app.redis_dump import dump_redis

FULL = Impression(
    recommendation_id="r",
    user_id="u",
    shown_at=1763740800.5,
    model_version="v1",
    item_ids=("589", "1196"),
    scores=(0.71, -0.5),
    heads={"next": (0.021, 0.02), "like": (0.83, 0.5)},
    sources=(("neighbours", "linked"), ()),
    first_rank=11,
    scene="home",
    variant="more-likes:control",
    ages=("new", "older"),
    context={"device": "mobile"},
    weights={"next": 0.5},
    query="dry comedies",
    plan={"unwanted": ["horror"], "limit": 2},
)


def impression(number: int, user_id: str | None = "u", shown_at: float = 5.0) -> Impression:
    return Impression(
        f"r{number}", user_id, shown_at, "v1", ("589",), (0.5,), {"next": (0.1,)}, (("popular",),)
    )


async def ids(store: StateStore, after: str = "0-0", count: int = 1_000) -> list[str]:
    read = await store.impressions.read_since(after, count)
    return [entry.impression.recommendation_id for entry in read]


async def test_all_that_an_answer_showed_is_found_by_its_id(store: StateStore) -> None:
    await store.impressions.add([FULL, replace(FULL, recommendation_id="s", user_id=None)])
    assert await store.impressions.find("r", "u") == FULL
    assert await store.impressions.find("s", None) == replace(FULL, recommendation_id="s", user_id=None)
    assert (await store.impressions.read_since(count=1))[0].impression == FULL


async def test_an_answer_is_found_for_its_user_alone(store: StateStore) -> None:
    await store.impressions.add([impression(1), impression(2, None)])
    asked = [("r1", "other"), ("r1", None), ("r2", "u"), ("r2", ""), ("never given", "u")]
    assert [await store.impressions.find(*each) for each in asked[:3]] == [None, None, None]
    assert await store.impressions.find("never given", "u") is None


async def test_answers_are_found_together_whoever_asked(store: StateStore) -> None:
    await store.impressions.add([FULL, impression(1, None), impression(2, "other")])
    assert await store.impressions.find_all([]) == {}
    found = await store.impressions.find_all(["r1", "never given", "r", "r"])
    assert found == {"r": FULL, "r1": impression(1, None)}


async def test_the_clock_is_that_of_arrivals(store: StateStore) -> None:
    before = await store.impressions.read_clock()
    await store.impressions.add([impression(1)])
    (entry,) = await store.impressions.read_since()
    after = await store.impressions.read_clock()
    arrived_ms = int(entry.entry_id.partition("-")[0])
    assert int(before * 1000) <= arrived_ms <= after * 1000 and abs(after - time.time()) < 3600


async def test_impressions_are_read_in_their_order(store: StateStore) -> None:
    await store.impressions.add([])
    assert await ids(store) == []
    await store.impressions.add([impression(number, f"u{number}") for number in range(3)])
    first = (await store.impressions.read_since(count=2))[-1]
    assert await ids(store, count=2) == ["r0", "r1"] and await ids(store, first.entry_id) == ["r2"]


async def test_an_erasure_removes_both_forms_and_what_comes_late(store: StateStore) -> None:
    await store.impressions.add([impression(1), impression(2, "other"), impression(3, None)])
    await store.put_profile(User("u"))
    await store.erase("u", 10.0, lasting=True)
    await store.impressions.add([impression(4, shown_at=9.0), impression(5, shown_at=10.0)])
    assert await ids(store) == ["r2", "r3", "r5"]
    assert await store.impressions.find("r1", "u") is None
    assert await store.impressions.find("r4", "u") is None
    assert await store.impressions.find("r5", "u") == impression(5, shown_at=10.0)


async def test_tenants_are_apart(store: StateStore) -> None:
    shop = store.of_tenant("shop")
    await store.impressions.add([impression(1)])
    await shop.impressions.add([impression(2)])
    assert await store.impressions.find("r2", "u") is None and await shop.impressions.find("r1", "u") is None
    await shop.erase("u", 10.0, lasting=True)
    assert await ids(store) == ["r1"] and await shop.impressions.read_since() == []


async def test_the_number_is_capped(settings: RedisSettings) -> None:
    limits = StoreLimits(impression_cap=150)
    redis_store = RedisStore(replace(settings, limits=limits))
    for impressions in (redis_store.impressions, MemoryImpressions(limits, lambda _user_id: None)):
        await impressions.add([impression(number) for number in range(400)])
        kept = [each.impression.recommendation_id for each in await impressions.read_since()]
        assert 150 <= len(kept) <= 250 and kept[-1] == "r399"
        assert await impressions.find("r399", "u") is not None
        assert await impressions.find("r249", "u") is None, "150 came later"
    await redis_store.close()


async def test_the_age_is_capped() -> None:
    now = [100.0]
    limits = StoreLimits(impression_age_s=60, impression_ttl_s=10)
    impressions = MemoryImpressions(limits, lambda _user_id: None, lambda: now[0])
    await impressions.add([impression(1)])
    now[0] = 110.0
    assert await impressions.find("r1", "u") == impression(1)
    now[0] = 111.0
    assert await impressions.find("r1", "u") is None, "no longer for a dialogue"
    assert len(await impressions.read_since()) == 1
    now[0] = 161.0
    await impressions.add([impression(2)])
    assert [each.impression.recommendation_id for each in await impressions.read_since()] == ["r2"]


async def test_the_age_is_capped_in_redis(settings: RedisSettings, redis_client: redis.Redis) -> None:
    """Entries whose ids say that they came a day and a month ago, by the clock of Redis."""
    limits = StoreLimits(impression_age_s=30 * 86_400, impression_ttl_s=86_400)
    store, keys = RedisStore(replace(settings, limits=limits)), Keys(settings.prefix)
    await store.impressions.add([impression(1)])
    entry = (redis_client.xrange(keys.impressions) or [])[0]
    now_ms = int(time.time() * 1000)
    redis_client.delete(keys.impressions, keys.impression_ids)
    for name, days in (("month", 31), ("day", 2)):
        at = now_ms - days * 86_400_000
        redis_client.xadd(keys.impressions, entry[1], id=f"{at}-0")
        redis_client.zadd(keys.impression_ids, {name: at * 1024})
    assert await store.impressions.find("day", "u") is None
    await store.impressions.add([impression(2)])
    assert redis_client.xlen(keys.impressions) == 2, "the one of a month ago is gone"
    assert redis_client.zrange(keys.impression_ids, 0, -1) == [b"r2"]
    assert 0 < redis_client.ttl(keys.impressions) <= 30 * 86_400
    assert 0 < redis_client.ttl(keys.impression_ids) <= 86_400
    await store.close()


async def test_nothing_of_a_user_is_stored_in_clear_text(
    settings: RedisSettings, redis_client: redis.Redis
) -> None:
    names = Pseudonyms(b"p" * 32)
    store = RedisStore(replace(settings, pseudonyms=names, state_keys=StateKeys(b"s" * 32)))
    shown = replace(FULL, user_id="alice@example.org", item_ids=("a-secret-film", "1196"))
    await store.impressions.add([shown])
    dump = dump_redis(redis_client, f"{settings.prefix}:*")
    for secret in ("alice", "a-secret-film", "dry comedies", "horror", "mobile"):
        assert secret.encode() not in dump
    assert names.name("alice@example.org").encode() in dump
    assert await store.impressions.find("r", "alice@example.org") == shown
    await store.erase("alice@example.org", 2e9, lasting=True)
    assert await store.impressions.read_since() == []
    await store.close()


async def test_a_damaged_impression_counts_as_absent(
    redis_store: RedisStore, settings: RedisSettings, redis_client: redis.Redis, corrupt_values: list[None]
) -> None:
    await redis_store.impressions.add([impression(1), impression(2)])
    keys = Keys(settings.prefix)
    entry = (redis_client.xrange(keys.impressions) or [])[0]
    redis_client.xadd(keys.impressions, {"user_id": "u", "impression": "{}"})
    assert await ids(redis_store) == ["r1", "r2"] and len(corrupt_values) == 1
    redis_client.xdel(keys.impressions, entry[0])
    assert await redis_store.impressions.find("r1", "u") is None


@pytest.mark.parametrize("odd", ["", "\x00", "{a}b", "a\nb", "🎬/é", "x" * 512])
async def test_ids_may_hold_anything(store: StateStore, odd: str) -> None:
    shown = replace(FULL, user_id=odd, item_ids=(odd, "1196"), scene=odd or None)
    await store.impressions.add([shown])
    assert await store.impressions.find("r", odd) == shown
