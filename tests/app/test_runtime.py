"""The runtime: bundles that are loaded or refused, users from two places, items as they are put."""

import asyncio
import logging
import shutil
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.bundle.bundle import KnownUsers
from app.bundle_choice import UnknownBundleNameError, read_last_good, write_last_good
from app.config import Settings, read_settings
from app.runtime import SESSION_ONLY, STALE_CATALOGUE, BundleNotLoadedError, LoadInProgressError, Runtime
from app.state.memory.store import MemoryStore
from app.state.protocol import RecordedEvent, StateUnavailableError, StoredItems, StoredUser
from models.contract.bundle import BundleError
from models.contract.catalogue import Item, User, UserState
from models.contract.events import Event
from tests.app.bundle_copies import copy_bundle


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
    shutil.copytree(trained, tmp_path / "bundles" / "first")
    return read_settings(bundle_dir=tmp_path / "bundles" / "first", state_dir=tmp_path / "state")


@pytest.fixture
async def runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """A started runtime over a store in memory."""
    made = Runtime(settings, AwayStore())
    await made.start()
    yield made
    await made.store.close()


async def test_a_user_is_known_by_training_and_store(runtime: Runtime) -> None:
    trained = runtime.bundle.known_users.state("u3")
    await runtime.store.append([RecordedEvent("u3", Event("i1", "like", 1.8e9))])
    state, degraded = await runtime.read_user("u3")
    assert degraded == ()
    assert state.profile == trained.profile
    assert state.events[:-1] == trained.events and state.events[-1].item_id == "i1"
    await runtime.store.put_profile(User("u3", {"job": "farmer"}, "space"))
    state, _ = await runtime.read_user("u3")
    assert state.profile == User("u3", {"job": "farmer"}, "space")


async def test_an_erased_users_training_history_is_used_no_more(runtime: Runtime) -> None:
    await runtime.store.erase("u3", 1.0, lasting=runtime.may_know("u3"))
    state, _ = await runtime.read_user("u3")
    assert state == UserState("u3")
    await runtime.store.append([RecordedEvent("u3", Event("i1", "like", 1.8e9))])
    state, _ = await runtime.read_user("u3")
    assert [event.item_id for event in state.events] == ["i1"] and state.profile is None


async def test_whom_the_bundle_may_know(runtime: Runtime, settings: Settings) -> None:
    assert runtime.may_know("u3") and not runtime.may_know("stranger")
    assert Runtime(settings, MemoryStore()).may_know("stranger")


async def test_a_training_history_is_built_off_the_event_loop(runtime: Runtime) -> None:
    threads = []

    class Recorded(KnownUsers):
        def state(self, user_id: str) -> UserState:
            threads.append(threading.get_ident())
            return super().state(user_id)

    known = runtime.bundle.known_users
    seen = Recorded(known.rows, known.histories, known.profiles, known.item_ids)
    runtime._bundle = replace(runtime.bundle, known_users=seen)
    state, _ = await runtime.read_user("u3")
    assert len(state.events) == 24 and len(threads) == 1
    assert threads[0] != threading.get_ident()


async def test_without_the_store_nobodys_history_is_used(runtime: Runtime) -> None:
    """Whether the user was erased cannot be known."""
    assert isinstance(runtime.store, AwayStore)
    runtime.store.away = True
    assert await runtime.read_user("u3") == (UserState("u3"), (SESSION_ONLY, "state:store_unreachable"))
    assert await runtime.read_user(None) == (UserState(), (STALE_CATALOGUE, "state:store_unreachable"))


async def test_a_user_is_kept_if_the_items_cannot_be_read(runtime: Runtime) -> None:
    assert isinstance(runtime.store, AwayStore)
    await runtime.store.append([RecordedEvent("stranger", Event("i1", "like", 1.8e9))])
    await runtime.store.put_item(put("new"))
    runtime.store.items_away = True
    state, degraded = await runtime.read_user("stranger")
    assert [event.item_id for event in state.events] == ["i1"]
    stale = (STALE_CATALOGUE, "state:store_unreachable")
    assert degraded == stale
    state, degraded = await runtime.read_user("u3")
    assert state.events == runtime.bundle.known_users.state("u3").events and degraded == stale
    runtime.store.items_away = False
    assert (await runtime.read_user("stranger"))[1] == () and "new" in runtime.bundle.catalogue


async def test_items_put_and_deleted_show_with_the_next_read(runtime: Runtime) -> None:
    before = runtime.bundle
    await runtime.store.put_item(put("new"))
    await runtime.store.delete_item("i7")
    await runtime.read_user(None)
    assert "new" in runtime.bundle.catalogue and "i7" not in runtime.bundle.catalogue
    assert len(before.catalogue) == 80 and len(runtime.bundle.catalogue) == 81
    after = runtime.bundle
    await runtime.read_user("anybody")
    assert runtime.bundle is after


async def test_a_store_that_lost_its_memory_is_followed_anew(runtime: Runtime) -> None:
    for name in ("one", "two"):
        await runtime.store.put_item(put(name))
    await runtime.read_user(None)
    runtime.store = AwayStore()
    await runtime.store.put_item(put("three"))
    await runtime.read_user(None)
    assert {"one", "two", "three"} <= set(runtime.bundle.catalogue.ids)


async def test_a_new_bundle_takes_the_items_along_and_a_bad_one_changes_nothing(
    runtime: Runtime, settings: Settings
) -> None:
    copy_bundle(settings.bundle_dir, "second")
    broken = copy_bundle(settings.bundle_dir, "broken")
    (broken / "item_vectors.npy").write_bytes(b"")
    await runtime.store.put_item(put("new"))
    assert (await runtime.reload("second")).model_version == "second"
    assert "new" in runtime.bundle.catalogue
    kept = runtime.bundle
    with pytest.raises(BundleError, match=r"item_vectors\.npy"):
        await runtime.reload("broken")
    copy_bundle(settings.bundle_dir, ".half")
    for name in ("absent", "../first", ".", "..", "second/../second", ".half"):
        with pytest.raises(UnknownBundleNameError):
            await runtime.reload(name)
    assert runtime.bundle is kept
    assert read_last_good(settings) == (settings.bundle_dir.parent / "second").resolve()


async def test_bundles_are_loaded_one_at_a_time_and_the_last_one_taken_serves(settings: Settings) -> None:
    for name in ("second", "third"):
        copy_bundle(settings.bundle_dir, name)
    runtime = Runtime(settings, MemoryStore())
    starting = asyncio.create_task(runtime.start())
    await asyncio.sleep(0)
    with pytest.raises(LoadInProgressError):
        await runtime.reload("second")
    await starting
    both = await asyncio.gather(runtime.reload("second"), runtime.reload("third"), return_exceptions=True)
    assert isinstance(both[1], LoadInProgressError)
    assert runtime.bundle.manifest.model_version == "second"
    with pytest.raises(UnknownBundleNameError):
        await runtime.reload("absent")
    await runtime.reload("third")
    assert runtime.bundle.manifest.model_version == "third"


async def test_a_folder_without_its_bundle_falls_back_to_what_it_replaced(settings: Settings) -> None:
    copy_bundle(settings.bundle_dir, "first.previous")
    (settings.bundle_dir / "manifest.json").unlink()
    runtime = Runtime(settings, MemoryStore())
    await runtime.start()
    assert runtime.bundle.manifest.model_version == "first.previous"


async def test_before_the_start_nothing_answers(settings: Settings) -> None:
    runtime = Runtime(settings, MemoryStore())
    assert not runtime.ready
    with pytest.raises(BundleNotLoadedError):
        runtime.bundle  # noqa: B018
    (settings.bundle_dir / "manifest.json").unlink()
    with pytest.raises(BundleError, match=r"readable manifest\.json"):
        await runtime.start()
    assert not runtime.ready


async def test_a_refused_bundle_is_logged_by_name(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    write_last_good(settings, copy_bundle(settings.bundle_dir, "good"))
    (settings.bundle_dir / "features.json").write_text("{}")
    runtime = Runtime(settings, MemoryStore())
    with caplog.at_level(logging.INFO, "chorus.runtime"):
        await runtime.start()
    refused, loaded = (record.__dict__["fields"] for record in caplog.records)
    assert refused["bundle"] == "first" and "features.json" in refused["reason"]
    assert loaded == {"model_version": "good", "replica": runtime.replica_set.replica_id}


async def test_a_state_folder_that_cannot_be_written_stops_no_start(settings: Settings) -> None:
    settings.state_dir.write_text("a file where the folder should be")
    runtime = Runtime(settings, MemoryStore())
    await runtime.start()
    assert runtime.ready


async def test_an_item_put_under_fields_of_other_kinds_stops_no_bundle(settings: Settings) -> None:
    store = MemoryStore()
    await store.put_item(Item("x", {"title": ("a", "b"), "genres": 7.0, "year": "the nineties"}))
    runtime = Runtime(settings, store)
    await runtime.start()
    assert runtime.bundle.catalogue.row("x") == 80
