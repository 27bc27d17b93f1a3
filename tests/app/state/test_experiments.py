"""The contract of the experiments in every store: definitions under one version, and numbers that count once."""

import asyncio
from dataclasses import replace

import pytest
import redis

from app.state.memory.experiments import MemoryExperiments
from app.state.protocol import ArmSums, ArmTake, Experiment, Mode, StateStore, StoredExperiments, Variant
from app.state.pseudonyms import Pseudonyms
from app.state.redis.keys import Keys
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from models.contract.catalogue import User
from tests.app.redis_dump import dump_redis

WEIGHTS = {"weights": {"next": 0.5, "like ⚡": -1.0}, "diversity": {"method": "mmr"}}
ONE = Experiment(
    "one",
    "salt ⚡",
    (Variant("control", 0.5), Variant("likes", 0.25, WEIGHTS)),
    scene="home",
    start=1763740800.125,
    changed_at=5.0,
)
TWO = Experiment("two", "s", (Variant("a", 0.5), Variant("b", 0.5)), stop=2e9)
CONTROL, LIKES = ONE.arm("control"), ONE.arm("likes")


def take(number: int, value: float | None = None, user_id: str = "u") -> ArmTake:
    return ArmTake(LIKES, user_id, "r", f"i{number}", value)


async def test_an_experiment_is_read_as_it_was_written(store: StateStore) -> None:
    experiments = store.experiments
    assert await experiments.read() == StoredExperiments()
    assert await experiments.write(TWO, 0) and await experiments.write(ONE, 1)
    assert await experiments.read() == StoredExperiments(2, (ONE, TWO))
    later = replace(ONE, stop=3e9)
    assert await experiments.write(later, 2)
    assert (await experiments.read()).experiments == (later, TWO)
    assert await experiments.delete("one") and not await experiments.delete("one")
    assert await experiments.read() == StoredExperiments(4, (TWO,))


async def test_of_two_writers_at_once_one_writes(store: StateStore) -> None:
    written = await asyncio.gather(store.experiments.write(ONE, 0), store.experiments.write(TWO, 0))
    assert sorted(written) == [False, True]
    assert len((await store.experiments.read()).experiments) == 1


async def test_sums_are_those_of_each_users_numbers(store: StateStore) -> None:
    """Of the arm `likes` u has 3 answers and 2 takes worth 7, v has 1 answer and 1 take without a value."""
    await store.experiments.add_impressions([(LIKES, "u"), (LIKES, "v"), (LIKES, "u"), (CONTROL, "w")])
    await store.experiments.add_takes([take(1, 4.0), take(2, 3.0), take(3, user_id="v")])
    await store.experiments.add_impressions([(LIKES, "u")])
    sums = await store.experiments.read_sums(ONE)
    assert sums["control"] == ArmSums(1, 1, 0, 0, 1)
    assert sums["likes"] == ArmSums(
        users=2,
        impressions=4,
        takes=3,
        value=7,
        impressions_squared=3 * 3 + 1,
        takes_squared=2 * 2 + 1,
        value_squared=7 * 7,
        impressions_by_takes=3 * 2 + 1,
        impressions_by_value=3 * 7,
        valued=2,
    )


async def test_an_item_of_an_answer_counts_once_and_for_a_counted_user(store: StateStore) -> None:
    await store.experiments.add_impressions([(LIKES, "u")])
    await store.experiments.add_takes([take(1), take(1), take(1, user_id="nobody")])
    await store.experiments.add_takes([take(1)])
    assert (await store.experiments.read_sums(ONE))["likes"].takes == 1


async def test_another_definition_begins_anew(store: StateStore) -> None:
    await store.experiments.write(ONE, 0)
    await store.experiments.add_impressions([(LIKES, "u")])
    await store.experiments.write(replace(ONE, stop=3e9, changed_at=6.0), 1)
    assert (await store.experiments.read_sums(ONE))["likes"].users == 1, "the split is the same"
    for other in (replace(ONE, salt="x"), replace(ONE, scene=None), replace(ONE, variants=TWO.variants)):
        assert other.revision != ONE.revision
    other = replace(ONE, salt="x")
    await store.experiments.write(other, 2)
    assert (await store.experiments.read_sums(other))["likes"] == ArmSums()
    assert (await store.experiments.read_sums(ONE))["likes"] == ArmSums(), "no longer of use"


async def test_a_deletion_removes_the_numbers(store: StateStore) -> None:
    await store.experiments.write(ONE, 0)
    await store.experiments.add_impressions([(LIKES, "u")])
    await store.experiments.delete("one")
    await store.experiments.write(ONE, 2)
    assert (await store.experiments.read_sums(ONE))["likes"] == ArmSums()


async def test_totals_are_beside_the_sums(store: StateStore) -> None:
    await store.experiments.write(ONE, 0)
    await store.experiments.add_impressions([(LIKES, "u")])
    await store.experiments.add_totals(LIKES, {"answers": 1, "drift": -0.25})
    await store.experiments.add_totals(LIKES, {"answers": 1, "drift": -0.5})
    assert await store.experiments.read_totals(ONE) == {
        "control": {},
        "likes": {"answers": 2, "drift": -0.75},
    }
    assert (await store.experiments.read_sums(ONE))["likes"] == ArmSums(1, 1, 0, 0, 1)
    other = replace(ONE, mode=Mode.SHADOW)
    assert other.revision != ONE.revision
    await store.experiments.write(other, 1)
    assert await store.experiments.read() == StoredExperiments(2, (other,))
    assert (await store.experiments.read_totals(other))["likes"] == {}
    assert (await store.experiments.read_totals(ONE))["likes"] == {}, "no longer of use"


async def test_tenants_are_apart(store: StateStore) -> None:
    shop = store.of_tenant("shop")
    await store.experiments.write(ONE, 0)
    await store.experiments.add_impressions([(LIKES, "u")])
    assert await shop.experiments.read() == StoredExperiments()
    assert (await shop.experiments.read_sums(ONE))["likes"] == ArmSums()


async def test_an_erased_user_is_no_longer_known(store: StateStore) -> None:
    """The sums tell of nobody and stay. Whoever comes back is a new user."""
    await store.experiments.write(ONE, 0)
    await store.experiments.add_impressions([(LIKES, "u"), (LIKES, "v")])
    await store.put_profile(User("u"))
    await store.erase("u", 10.0, lasting=True)
    await store.experiments.add_takes([take(1), take(2, user_id="v")])
    await store.experiments.add_impressions([(LIKES, "u")])
    sums = (await store.experiments.read_sums(ONE))["likes"]
    assert (sums.users, sums.impressions, sums.takes) == (3, 3, 1)


async def test_users_are_capped(settings: RedisSettings) -> None:
    limits = replace(settings.limits, experiment_users=2)
    redis_store = RedisStore(replace(settings, limits=limits))
    for experiments in (redis_store.experiments, MemoryExperiments(limits)):
        await experiments.add_impressions([(LIKES, user_id) for user_id in "uvwwu"])
        sums = (await experiments.read_sums(ONE))["likes"]
        assert (sums.users, sums.impressions, sums.left_out) == (2, 3, 2)
    await redis_store.close()


async def test_takes_are_known_for_a_while(settings: RedisSettings, redis_client: redis.Redis) -> None:
    now = [100.0]
    limits = replace(settings.limits, impression_ttl_s=10)
    memory = MemoryExperiments(limits, lambda: now[0])
    await memory.add_impressions([(LIKES, "u")])
    for moment, known in ((100.0, 1), (110.0, 1), (121.0, 2)):
        now[0] = moment
        await memory.add_takes([take(1)])
        assert (await memory.read_sums(ONE))["likes"].takes == known
    store, keys = RedisStore(replace(settings, limits=limits)), Keys(settings.prefix)
    await store.experiments.add_impressions([(LIKES, "u")])
    await store.experiments.add_takes([take(1)])
    assert 0 < redis_client.ttl(keys.arm_takes) <= 10
    for member in redis_client.zrange(keys.arm_takes, 0, -1) or []:
        redis_client.zincrby(keys.arm_takes, -1e12, member)
    await store.experiments.add_takes([take(1)])
    assert (await store.experiments.read_sums(ONE))["likes"].takes == 2
    assert all(0 < redis_client.ttl(key) <= limits.experiment_ttl_s for key in keys.numbers(LIKES))
    await store.close()


async def test_users_have_no_names(settings: RedisSettings, redis_client: redis.Redis) -> None:
    names = Pseudonyms(b"p" * 32)
    for prefix, pseudonyms in ((settings.prefix, None), (f"{settings.prefix}-p", names)):
        store = RedisStore(replace(settings, prefix=prefix, pseudonyms=pseudonyms))
        await store.experiments.write(ONE, 0)
        await store.experiments.add_impressions([(LIKES, "alice@example.org")])
        assert b"alice" not in dump_redis(redis_client, f"{prefix}:*")
        await store.erase("alice@example.org", 10.0, lasting=True)
        assert redis_client.hlen(Keys(prefix).numbers(LIKES)[1]) == 0
        await store.close()


async def test_a_damaged_experiment_counts_as_absent(
    redis_store: RedisStore, settings: RedisSettings, redis_client: redis.Redis, corrupt_values: list[None]
) -> None:
    await redis_store.experiments.write(ONE, 0)
    for damaged in (b"{", b"[]", b'{"variants": [{"name": "x"}]}'):
        redis_client.hset(Keys(settings.prefix).experiments, "two", damaged)
        assert (await redis_store.experiments.read()).experiments == (ONE,)
    assert len(corrupt_values) == 3
    assert await redis_store.experiments.write(TWO, 1)
    assert (await redis_store.experiments.read()).experiments == (ONE, TWO)


@pytest.mark.parametrize("odd", ["", "\x00", "{a}b", "a\nb", "🎬/é", "x" * 512])
async def test_ids_may_hold_anything(store: StateStore, odd: str) -> None:
    await store.experiments.add_impressions([(LIKES, odd)])
    await store.experiments.add_takes([ArmTake(LIKES, odd, odd, odd, -1e9)])
    assert (await store.experiments.read_sums(ONE))["likes"].value == -1e9
