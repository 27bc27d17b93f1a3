"""Event ids as older versions have stored them, and the digests of contents."""

import redis

from app.state.protocol import Appended, RecordedEvent, UserMerge
from app.state.redis.event_ids import count_event_ids
from app.state.redis.keys import Keys, digest
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from models.contract.events import Event


def viewed(item_id: str, event_id: str, user_id: str = "1") -> RecordedEvent:
    return RecordedEvent(user_id, Event(item_id, "view", 1.0), event_id)


async def test_ids_of_version_1_are_duplicates_of_any_content_and_stay(
    redis_store: RedisStore, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    ids = Keys(settings.prefix).user("1").event_ids
    redis_client.set(ids, b"".join(digest(f"old{number}") for number in range(15)))
    assert (await redis_store.export("1")).event_ids == 15
    batch = [viewed("a", "old0"), viewed("b", "old14"), viewed("a", "new")]
    expected = [Appended.DUPLICATE, Appended.DUPLICATE, Appended.STORED]
    assert await redis_store.append(batch) == expected
    assert redis_client.strlen(ids) == 1 + 20 * 16
    assert await redis_store.append([viewed("b", "new"), viewed("c", "old14")]) == [
        Appended.CONFLICT,
        Appended.DUPLICATE,
    ]


async def test_ids_of_version_1_are_merged(
    redis_store: RedisStore, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    redis_client.set(Keys(settings.prefix).user("anon").event_ids, digest("old"))
    await redis_store.append([viewed("a", "new")])
    await redis_store.merge(UserMerge("1", "anon", 2.0))
    for user_id in ("1", "anon"):
        retried = [viewed("a", "new", user_id), viewed("b", "new", user_id), viewed("b", "old", user_id)]
        expected = [Appended.DUPLICATE, Appended.CONFLICT, Appended.DUPLICATE]
        assert await redis_store.append(retried) == expected


async def test_a_damaged_value_counts_as_none_and_heals(
    redis_store: RedisStore, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    ids = Keys(settings.prefix).user("1").event_ids
    redis_client.set(ids, b"\x02damaged")
    assert await redis_store.append([viewed("a", "e")]) == [Appended.STORED]
    assert await redis_store.append([viewed("a", "e")]) == [Appended.DUPLICATE]


def test_the_number_of_ids_follows_from_the_size() -> None:
    assert [count_event_ids(size) for size in (0, 1, 16, 21, 320, 301)] == [0, 0, 1, 1, 20, 15]
