"""A tenant: users known by training and store, items as they are put, and what an outage of the store leaves."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.bundle.bundle import KnownUsers
from app.bundle.remote_texts import RemoteTexts
from app.config import Settings, read_settings
from app.item_changes import apply_changes
from app.runtime import Runtime
from app.state.memory.store import MemoryStore
from app.state.protocol import RecordedEvent, StateUnavailableError, StoredItems, StoredUser
from app.tenant import SESSION_ONLY, STALE_CATALOGUE, Tenant
from models.contract.arrays import Floats
from models.contract.catalogue import Item, User, UserState
from models.contract.events import Event


class AwayStore(MemoryStore):
    """A store that may be away, as one behind a network may."""

    away = False
    items_away = False

    async def items(self, since: int = 0) -> StoredItems:
        if self.items_away:
            raise StateUnavailableError("away")
        return await super().items(since)

    async def read(self, user_id: str) -> StoredUser:
        if self.away:
            raise StateUnavailableError("away")
        return await super().read(user_id)

    async def catalogue_version(self) -> int:
        if self.away:
            raise StateUnavailableError("away")
        return await super().catalogue_version()


def put(name: str) -> Item:
    return Item(name, {"genres": ("space",), "title": "Robots"})


@pytest.fixture
def settings(trained: Path, tmp_path: Path) -> Settings:
    return read_settings(bundle_dir=trained, state_dir=tmp_path / "state")


@pytest.fixture
async def runtime(settings: Settings) -> Runtime:
    """A started runtime over a store in memory."""
    made = Runtime(settings, AwayStore())
    await made.start()
    return made


@pytest.fixture
def tenant(runtime: Runtime) -> Tenant:
    return runtime.default_tenant


async def test_a_user_is_known_by_training_and_store(tenant: Tenant) -> None:
    trained = tenant.bundle.known_users.state("u3")
    await tenant.store.append([RecordedEvent("u3", Event("i1", "like", 1.8e9))])
    state, degraded = await tenant.read_user("u3")
    assert degraded == ()
    assert state.profile == trained.profile
    assert state.events[:-1] == trained.events and state.events[-1].item_id == "i1"
    await tenant.store.put_profile(User("u3", {"job": "farmer"}, "space"))
    state, _ = await tenant.read_user("u3")
    assert state.profile == User("u3", {"job": "farmer"}, "space")


async def test_an_erased_users_training_history_is_used_no_more(tenant: Tenant) -> None:
    await tenant.store.erase("u3", 1.0, lasting=tenant.may_know("u3"))
    state, _ = await tenant.read_user("u3")
    assert state == UserState("u3")
    await tenant.store.append([RecordedEvent("u3", Event("i1", "like", 1.8e9))])
    state, _ = await tenant.read_user("u3")
    assert [event.item_id for event in state.events] == ["i1"] and state.profile is None


async def test_whom_the_bundle_may_know(tenant: Tenant, settings: Settings) -> None:
    assert tenant.may_know("u3") and not tenant.may_know("stranger")
    assert Runtime(settings, MemoryStore()).default_tenant.may_know("stranger")


async def test_long_histories_are_built_elsewhere(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.user_history.FEW_EVENTS", 23)
    threads = []

    class Recorded(KnownUsers):
        def state(self, user_id: str) -> UserState:
            threads.append(threading.get_ident())
            return super().state(user_id)

    known = tenant.bundle.known_users
    seen = Recorded(known.rows, known.histories, known.profiles, known.item_ids)
    tenant._bundle = replace(tenant.bundle, known_users=seen)
    state, _ = await tenant.read_user("u3")
    assert len(state.events) == 24 and len(threads) == 1
    assert threads[0] != threading.get_ident()


async def test_without_the_store_nobodys_history_is_used(tenant: Tenant) -> None:
    """Whether the user was erased cannot be known."""
    assert isinstance(tenant.store, AwayStore)
    tenant.store.away = True
    assert await tenant.read_user("u3") == (UserState("u3"), (SESSION_ONLY, "state:store_unreachable"))
    assert await tenant.read_user(None) == (UserState(), (STALE_CATALOGUE, "state:store_unreachable"))


async def test_a_user_is_kept_if_the_items_cannot_be_read(tenant: Tenant) -> None:
    assert isinstance(tenant.store, AwayStore)
    await tenant.store.append([RecordedEvent("stranger", Event("i1", "like", 1.8e9))])
    await tenant.store.put_item(put("new"))
    tenant.store.items_away = True
    state, degraded = await tenant.read_user("stranger")
    assert [event.item_id for event in state.events] == ["i1"]
    stale = (STALE_CATALOGUE, "state:store_unreachable")
    assert degraded == stale
    state, degraded = await tenant.read_user("u3")
    assert state.events == tenant.bundle.known_users.state("u3").events and degraded == stale
    tenant.store.items_away = False
    assert (await tenant.read_user("stranger"))[1] == () and "new" in tenant.bundle.catalogue


async def test_items_put_and_deleted_show_with_the_next_read(tenant: Tenant) -> None:
    before = tenant.bundle
    await tenant.store.put_item(put("new"))
    await tenant.store.delete_item("i7")
    await tenant.read_user(None)
    assert "new" in tenant.bundle.catalogue and "i7" not in tenant.bundle.catalogue
    assert len(before.catalogue) == 80 and len(tenant.bundle.catalogue) == 81
    after = tenant.bundle
    await tenant.read_user("anybody")
    assert tenant.bundle is after


async def test_a_store_that_lost_its_memory_is_followed_anew(tenant: Tenant) -> None:
    for name in ("one", "two"):
        await tenant.store.put_item(put(name))
    await tenant.read_user(None)
    tenant.store = AwayStore()
    await tenant.store.put_item(put("three"))
    await tenant.read_user(None)
    assert {"one", "two", "three"} <= set(tenant.bundle.catalogue.ids)


async def test_tenants_do_not_see_each_others_items(runtime: Runtime, tenant: Tenant) -> None:
    """Each of the three changes the same items in another way, and nothing of it shows elsewhere."""
    a, b = [await runtime.open_tenant(name) for name in ("a", "b")]
    loaded = tenant.bundle.catalogue.item(1)
    for changed, title in ((tenant, "Default"), (a, "A"), (b, "B")):
        version = await changed.store.put_item(Item("i1", {"title": title}))
        version = await changed.store.put_item(put(f"only-{changed.name}"))
        await changed.refresh_catalogue(version)
    await a.refresh_catalogue(await a.store.delete_item("i7"))
    for seen, title in ((tenant, "Default"), (a, "A"), (b, "B")):
        catalogue = seen.bundle.catalogue
        assert catalogue.item(1).attributes == {"title": title}
        assert {name for name in ("only-", "only-a", "only-b") if name in catalogue} == {f"only-{seen.name}"}
        assert ("i7" in catalogue) is (seen is not a)
    late = (await runtime.open_tenant("late")).bundle.catalogue
    assert late.item(1) == loaded and len(late) == 80 and late.present.all()


async def test_tenants_share_the_rows_of_the_bundle_until_they_change_one(runtime: Runtime) -> None:
    a, b = [await runtime.open_tenant(name) for name in ("a", "b")]
    assert a.bundle.catalogue.store is b.bundle.catalogue.store
    await a.refresh_catalogue(await a.store.put_item(put("new")))
    changed = a.bundle.catalogue.store
    assert changed is not b.bundle.catalogue.store
    await a.refresh_catalogue(await a.store.put_item(put("newer")))
    assert a.bundle.catalogue.store is changed, "expected one copy, not one for each change"


async def test_a_change_of_the_default_tenant_copies_no_rows(tenant: Tenant) -> None:
    before = tenant.bundle.catalogue.store
    await tenant.refresh_catalogue(await tenant.store.put_item(Item("i1", {"title": "Robots"})))
    assert tenant.bundle.catalogue.store is before and tenant.bundle.catalogue.item(1).attributes


class HeldEncoder:
    """A text encoder whose endpoint hangs until it is let go."""

    name = "endpoint:held"

    def __init__(self, size: int) -> None:
        self.size = size
        self.asked, self.go = threading.Event(), threading.Event()

    def encode(self, texts: Sequence[str]) -> Floats:
        self.asked.set()
        assert self.go.wait(60)
        return np.ones((len(texts), self.size), dtype=np.float32)


async def test_a_hung_embeddings_endpoint_keeps_no_request_waiting(tenant: Tenant) -> None:
    """The item was put through another replica. It is in place at once, and with its text after the answer."""
    held = HeldEncoder(tenant.bundle.spec.text_size)
    tenant._bundle = replace(tenant.bundle, text_encoder=RemoteTexts(held, limit_s=1.0))
    await tenant.store.put_item(put("new"))
    try:
        async with asyncio.timeout(30):
            await tenant.read_user(None)
            row = tenant.bundle.catalogue.row("new")
            assert row is not None and not tenant.bundle.catalogue.text[row].any()
            await asyncio.to_thread(held.asked.wait)
            await tenant.store.put_item(put("newer"))
            await tenant.read_user("u3")
            assert "newer" in tenant.bundle.catalogue and tenant.bundle.unread_items == {"new", "newer"}
    finally:
        held.go.set()
    async with asyncio.timeout(30):
        while tenant.bundle.unread_items:
            await tenant.read_user(None)
            await asyncio.sleep(0.01)
    for name in ("new", "newer"):
        row = tenant.bundle.catalogue.row(name)
        assert row is not None and tenant.bundle.catalogue.text[row].any()


async def test_texts_of_a_bundle_that_was_replaced_meanwhile_are_not_used(tenant: Tenant) -> None:
    held = HeldEncoder(tenant.bundle.spec.text_size)
    other = replace(tenant.bundle, text_encoder=RemoteTexts(HeldEncoder(held.size), limit_s=1.0))
    tenant._bundle = replace(tenant.bundle, text_encoder=RemoteTexts(held, limit_s=1.0))
    await tenant.store.put_item(put("new"))
    await tenant.read_user(None)
    reading = tenant._reading
    assert reading is not None
    await asyncio.to_thread(held.asked.wait)
    tenant._bundle = apply_changes(other, await tenant.store.items(0))
    held.go.set()
    await reading
    row = tenant.bundle.catalogue.row("new")
    assert row is not None and not tenant.bundle.catalogue.text[row].any()


async def test_the_users_of_the_training_data_are_those_of_the_default_tenant(
    runtime: Runtime, tenant: Tenant
) -> None:
    shop = await runtime.open_tenant("shop")
    assert tenant.may_know("u3") and not shop.may_know("u3")
    assert (await shop.read_user("u3"))[0] == UserState("u3")
    assert (await shop.export_user("u3")).stored.state == UserState("u3")
    assert await shop.merge_users("other", "u3", 1.8e9) == {"events": 0, "past_items": 0, "profile": 0}
    assert len((await tenant.read_user("u3"))[0].events) == 24
    loading = Runtime(runtime.settings, MemoryStore())
    assert not (await loading.open_tenant("shop")).may_know("u3")


async def test_the_key_of_cursors_is_another_for_each_tenant_and_the_same_after_a_restart(
    runtime: Runtime, settings: Settings
) -> None:
    store = MemoryStore()
    first, second = Runtime(settings, store), Runtime(settings, store)
    keys = [await (await first.open_tenant(name)).cursor_key() for name in ("", "a", "b")]
    assert keys == [await (await second.open_tenant(name)).cursor_key() for name in ("", "a", "b")]
    assert len(set(keys)) == 3 and {len(key) for key in keys} == {32}
    assert keys[0] == await store.installation_key(b""), (
        "expected the key as it was before there were tenants"
    )


async def test_a_tenant_opens_without_its_store_and_finds_its_items_later(settings: Settings) -> None:
    class AwayTenants(MemoryStore):
        def of_tenant(self, name: str) -> AwayStore:
            return shop_store

    shop_store = AwayStore()
    await shop_store.put_item(put("new"))
    shop_store.away = shop_store.items_away = True
    runtime = Runtime(settings, AwayTenants())
    await runtime.start()
    shop = await runtime.open_tenant("shop")
    assert "new" not in shop.bundle.catalogue
    assert (await shop.read_user("u"))[1] == (SESSION_ONLY, "state:store_unreachable")
    shop_store.away = shop_store.items_away = False
    assert (await shop.read_user("u"))[1] == () and "new" in shop.bundle.catalogue
    assert "new" not in runtime.default_tenant.bundle.catalogue


async def test_many_first_calls_open_a_tenant_once(runtime: Runtime) -> None:
    opened = await asyncio.gather(*(runtime.open_tenant("shop") for _ in range(8)))
    assert {id(tenant) for tenant in opened} == {id(opened[0])} and opened[0].is_ready


async def test_a_name_that_no_tenant_can_have_is_refused(runtime: Runtime) -> None:
    for name in ("a:b", "{items}", "Shop", "x" * 65, "-", "a\n"):
        with pytest.raises(ValueError, match="expected a tenant of up to 64"):
            await runtime.open_tenant(name)
