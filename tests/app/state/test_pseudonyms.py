"""Pseudonyms of users in Redis: no id is stored, each user is found again, and another key is refused."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import redis

from app.state.protocol import RecordedEvent, TenantStore, UserMerge
from app.state.pseudonyms import Pseudonyms, WrongPseudonymKeyError
from app.state.redis.keys import Keys, digest
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from models.contract.catalogue import User, UserState
from models.contract.events import Event
from tests.app.redis_dump import dump_redis

NAMES = Pseudonyms(b"k" * 32)
ALICE, VISITOR = "alice@example.org", "visitor-of-the-shop"


@pytest.fixture
async def named(settings: RedisSettings) -> AsyncIterator[RedisStore]:
    store = RedisStore(replace(settings, pseudonyms=NAMES))
    yield store
    await store.close()


def viewed(user_id: str, item_id: str, timestamp: float) -> RecordedEvent:
    return RecordedEvent(user_id, Event(item_id, "view", timestamp), f"e{timestamp}")


def test_a_pseudonym_is_half_of_an_hmac() -> None:
    """Test case 2 of RFC 4231."""
    assert Pseudonyms(b"Jefe").name("what do ya want for nothing?") == "5bdcc146bf60754e6a042426089575c7"
    assert "Jefe" not in repr(Pseudonyms(b"Jefe"))


def test_the_keys_have_the_keyed_hash_and_without_a_key_the_digest_of_before() -> None:
    assert Keys("p", pseudonyms=NAMES).user(ALICE).events == f"p:{{{NAMES.name(ALICE)}}}:events"
    assert Keys("p").user(ALICE).events == f"p:{{{digest(ALICE).hex()}}}:events"


@pytest.mark.parametrize("tenant", ["", "shop"])
async def test_no_id_is_stored_and_each_user_is_found(
    named: RedisStore, redis_client: redis.Redis, settings: RedisSettings, tenant: str
) -> None:
    store: TenantStore = named.of_tenant(tenant) if tenant else named
    await store.put_profile(User(ALICE, {"job": "artist"}))
    await store.append([viewed(ALICE, "a", 1.0), viewed(VISITOR, "b", 2.0), viewed("other", "c", 3.0)])
    stream = [entry.recorded.user_id for entry in await store.read_stream()]
    assert stream == [NAMES.name(ALICE), NAMES.name(VISITOR), NAMES.name("other")]
    assert (await store.merge(UserMerge(ALICE, VISITOR, 9.0)))["events"] == 1
    export = await store.export(ALICE)
    events = (Event("a", "view", 1.0), Event("b", "view", 2.0))
    assert export.stored.state == UserState(ALICE, User(ALICE, {"job": "artist"}), events)
    assert [recorded.user_id for recorded in export.recorded] == [ALICE, ALICE]
    assert export.merged_from == (NAMES.name(VISITOR),)
    assert (await store.read(VISITOR)).merged_into == NAMES.name(ALICE)
    everything = dump_redis(redis_client, f"{settings.prefix}:*")
    assert NAMES.name(ALICE).encode() in everything
    for unkeyed in (user_id for each in (ALICE, VISITOR) for user_id in (each, digest(each).hex())):
        assert unkeyed.encode() not in everything


async def test_an_erasure_finds_the_stream_and_those_merged_into_the_user(named: RedisStore) -> None:
    await named.append([viewed(VISITOR, "b", 2.0), viewed("other", "c", 3.0), viewed(ALICE, "a", 1.0)])
    await named.merge(UserMerge(ALICE, VISITOR, 9.0))
    assert await named.erase(ALICE, 10.0, lasting=True) == {"events": 2, "profile": 0, "stream": 2}
    assert [entry.recorded.user_id for entry in await named.read_stream()] == [NAMES.name("other")]
    for user_id in (ALICE, VISITOR):
        stored = await named.read(user_id)
        assert (stored.state, stored.erased_at, stored.merged_into) == (UserState(user_id), 10.0, None)


async def test_an_erased_id_leaves_those_merged_into_the_other(named: RedisStore) -> None:
    await named.append([viewed(VISITOR, "b", 2.0)])
    await named.merge(UserMerge(ALICE, VISITOR, 9.0))
    await named.erase(VISITOR, 10.0, lasting=True)
    assert (await named.export(ALICE)).merged_from == ()


async def refuse(settings: RedisSettings, names: Pseudonyms | None, words: str) -> None:
    store = RedisStore(replace(settings, pseudonyms=names))
    with pytest.raises(WrongPseudonymKeyError, match=f"^CHORUS_PSEUDONYM_KEY: {words}; "):
        await store.installation_key(b"x")
    await store.close()


async def test_a_store_of_one_key_takes_no_other_and_not_none(
    named: RedisStore, settings: RedisSettings
) -> None:
    key = await named.installation_key(b"first")
    assert await named.installation_key(b"second") == key == b"first"
    await refuse(settings, Pseudonyms(b"l" * 32), "expected the key of before, given another one")
    await refuse(settings, None, "expected the key of before, given none")


async def test_a_store_with_ids_takes_no_key(
    redis_store: RedisStore, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    await redis_store.installation_key(b"first")
    words = "expected no key, as Redis has ids without pseudonyms, given one"
    assert not redis_client.exists(Keys(settings.prefix).naming), "as in a store of earlier versions"
    await refuse(settings, NAMES, words)
    assert await redis_store.installation_key(b"second") == b"first"
