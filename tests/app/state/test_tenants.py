"""The contract of tenants in every store: the same ids under two tenants never meet."""

from dataclasses import replace
from hashlib import blake2b

import pytest
import redis

from app.state.protocol import RecordedEvent, StateStore, StoredItems, TenantStore, UserMerge
from app.state.redis.keys import Keys
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from models.contract.catalogue import Item, User, UserState
from models.contract.events import Event


def stores_of(store: StateStore) -> list[TenantStore]:
    """The default tenant's, and those of two others, of whom one's name begins with the other's."""
    return [store, store.of_tenant("shop"), store.of_tenant("shop.2")]


async def event_ids(store: TenantStore, user_id: str) -> list[str]:
    return [event.item_id for event in (await store.read(user_id)).state.events]


async def test_users_and_events_of_the_same_ids_are_apart(store: StateStore) -> None:
    stores = stores_of(store)
    for number, each in enumerate(stores):
        event = RecordedEvent("u", Event(f"i{number}", "view", 1.0), "e")
        assert await each.append([event]) == [True], "the same event id is no retry and no conflict elsewhere"
        await each.put_profile(User("u", {"number": float(number)}))
    for number, each in enumerate(stores):
        state = (await each.read("u")).state
        assert state == UserState(
            "u", User("u", {"number": float(number)}), (Event(f"i{number}", "view", 1.0),)
        )
        assert [entry.recorded.event.item_id for entry in await each.read_stream()] == [f"i{number}"]
        assert (await each.export("u")).event_ids == 1


async def test_items_of_the_same_ids_are_apart(store: StateStore) -> None:
    stores = stores_of(store)
    for number, each in enumerate(stores):
        for _ in range(number + 1):
            await each.put_item(Item("i", {"number": float(number)}))
    await stores[1].delete_item("gone")
    assert [await each.catalogue_version() for each in stores] == [1, 3, 3]
    assert [(await each.read("u")).catalogue_version for each in stores] == [1, 3, 3]
    for number, each in enumerate(stores):
        found = await each.items()
        assert found.items == {"i": Item("i", {"number": float(number)})}
        assert found.deleted == ({"gone"} if number == 1 else set())
        assert len((await each.list_items()).changes) == len(found.items) + len(found.deleted)
    assert await stores[2].item("gone") is None


async def test_each_tenant_has_room_for_its_items(store: StateStore) -> None:
    for each in stores_of(store):
        items = [Item(str(number), {}) for number in range(5)]  # the limit of these stores
        assert None not in await each.put_items(items)


async def test_an_erasure_or_a_merge_is_that_of_one_tenant(store: StateStore) -> None:
    stores = stores_of(store)
    for each in stores:
        await each.append([RecordedEvent(user, Event("i", "view", 1.0)) for user in ("erased", "from", "to")])
    assert await stores[1].erase("erased", 2.0, lasting=False) == {"events": 1, "profile": 0, "stream": 1}
    assert await stores[2].merge(UserMerge("new", "from", 2.0, None, None)) == {
        "events": 1,
        "past_items": 0,
        "profile": 0,
    }
    assert [await event_ids(each, "erased") for each in stores] == [["i"], [], ["i"]]
    assert [(await each.read("erased")).erased_at for each in stores] == [None, 2.0, None]
    assert [await event_ids(each, "from") for each in stores] == [["i"], ["i"], []]
    assert [(await each.read("from")).merged_into for each in stores] == [None, None, "new"]
    assert [len(await each.read_stream()) for each in stores] == [3, 2, 3]


async def test_a_tenant_finds_its_data_again(store: StateStore) -> None:
    await store.of_tenant("shop").put_item(Item("i", {}))
    assert (await store.of_tenant("shop").items()).items == {"i": Item("i", {})}
    assert await store.of_tenant("other").items() == StoredItems(0)


@pytest.mark.parametrize(
    "name", ["", "Shop", "a:b", "{u}", "a b", "-a", ".a", "é", "x" * 65, "shop\n", "shop\x00"]
)
def test_a_name_that_no_tenant_can_have_is_refused(name: str) -> None:
    store = RedisStore(RedisSettings("redis://127.0.0.1:1"))
    with pytest.raises(ValueError, match="expected a tenant of up to 64"):
        store.of_tenant(name)


async def test_a_tenants_keys_are_its_own_and_those_of_the_default_one_are_as_before(
    redis_store: RedisStore, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    for each in (redis_store, redis_store.of_tenant("shop")):
        await each.append([RecordedEvent("u", Event("i", "view", 1.0), "e")])
        await each.put_profile(User("u", {}))
        await each.put_item(Item("i", {}))
    await redis_store.installation_key(b"k")
    found = {
        key.decode().removeprefix(settings.prefix) for key in redis_client.scan_iter(f"{settings.prefix}*")
    }
    digest = f"{{{blake2b(b'u', digest_size=16).hexdigest()}}}"
    of_tenant = [":stream", ":{items}", ":{items}:changes", ":{items}:version"]
    of_tenant += [f":{digest}:{part}" for part in ("events", "ids", "profile")]
    expected = {*of_tenant, ":installation"} | {f":tenant:shop{key}" for key in of_tenant}
    assert found == expected


async def test_an_erasure_of_a_tenant_asks_for_the_rewrite_of_the_installations_file(
    settings: RedisSettings, redis_client: redis.Redis
) -> None:
    store = RedisStore(replace(settings, erasure_delay_s=300))
    try:
        await store.of_tenant("shop").erase("u", 1.0, lasting=False)
    finally:
        await store.close()
    assert redis_client.exists(Keys(settings.prefix).file_rewrite)


@pytest.mark.parametrize(("first", "second"), [("a", "a.b"), ("items", "stream"), ("a", "b")])
def test_no_two_tenants_have_a_key_in_common(first: str, second: str) -> None:
    def all_of(keys: Keys) -> set[str]:
        user = keys.user("u")
        return {
            *(keys.stream, keys.items, keys.item_changes, keys.items_version),
            *(user.events, user.event_ids, user.profile, user.erased, user.past_items),
            *(user.aliases, user.merged),
        }

    installation = Keys("chorus")
    shared = {
        *(installation.installation_key, installation.file_rewrite),
        *(installation.bundle_order, installation.replicas),
        *("chorus:api_keys", "chorus:audit"),
    }
    groups = [shared, all_of(installation), all_of(Keys("chorus", first)), all_of(Keys("chorus", second))]
    assert len(set.union(*groups)) == sum(map(len, groups)) == 6 + 3 * 11
