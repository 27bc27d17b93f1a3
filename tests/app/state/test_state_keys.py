"""Keys of encryption: a change of the key, replicas without it, and stores that are refused."""

from dataclasses import replace

import pytest
import redis

from app.state.protocol import Appended, StateUnavailableError, UserMerge
from app.state.pseudonyms import Pseudonyms, WrongPseudonymKeyError
from app.state.redis.keys import Keys
from app.state.redis.sealed_history import MOST_BLOCKS
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from app.state.state_keys import StateKeys, WrongStateKeyError
from models.contract.catalogue import User
from tests.app.state.opened_stores import KEYS, NEW, Opened, item_ids, viewed


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


async def test_a_merge_loses_no_profile_of_a_key_that_is_missing(opened: Opened) -> None:
    old, other = opened(KEYS), opened(StateKeys(b"z" * 32))
    await other.put_profile(User("u", {"job": "sculptor"}))
    await old.put_profile(User("v", {"job": "artist"}))
    for merge in (UserMerge("u", "v", 9.0), UserMerge("v", "u", 9.0)):
        with pytest.raises(StateUnavailableError, match="CHORUS_STATE_KEYS_OLD"):
            await old.merge(merge)
    assert (await other.read("u")).state.profile == User("u", {"job": "sculptor"})


async def test_a_store_without_the_key_replaces_no_sealed_history(opened: Opened) -> None:
    sealed, clear = opened(KEYS), opened(None)
    await sealed.append([viewed("u", 1)])
    with pytest.raises(StateUnavailableError, match="SEALED expected CHORUS_STATE_KEY"):
        await clear.append([viewed("u", 2)])
    for merge in (UserMerge("u", "v", 9.0), UserMerge("v", "u", 9.0)):
        with pytest.raises(StateUnavailableError, match="SEALED"):
            await clear.merge(merge)
    assert await item_ids(sealed) == ["1"]


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
