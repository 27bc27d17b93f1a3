"""The runtime: bundles that are loaded or refused, for all tenants at once."""

import asyncio
import logging
import shutil
from pathlib import Path

import pytest

from app.bundle_choice import UnknownBundleNameError, read_last_good, write_last_good
from app.config import Settings, read_settings
from app.runtime import LoadInProgressError, Runtime
from app.state.memory.store import MemoryStore
from app.tenant import BundleNotLoadedError
from models.contract.bundle import BundleError
from models.contract.catalogue import Item
from tests.app.bundle_copies import copy_bundle


def put(name: str) -> Item:
    return Item(name, {"genres": ("space",), "title": "Robots"})


@pytest.fixture
def settings(trained: Path, tmp_path: Path) -> Settings:
    shutil.copytree(trained, tmp_path / "bundles" / "first")
    return read_settings(bundle_dir=tmp_path / "bundles" / "first", state_dir=tmp_path / "state")


@pytest.fixture
async def runtime(settings: Settings) -> Runtime:
    """A started runtime over a store in memory."""
    made = Runtime(settings, MemoryStore())
    await made.start()
    return made


async def test_a_new_bundle_takes_the_items_along_and_a_bad_one_changes_nothing(
    runtime: Runtime, settings: Settings
) -> None:
    copy_bundle(settings.bundle_dir, "second")
    broken = copy_bundle(settings.bundle_dir, "broken")
    (broken / "item_vectors.npy").write_bytes(b"")
    await runtime.default_tenant.store.put_item(put("new"))
    assert (await runtime.reload("second")).model_version == "second"
    assert "new" in runtime.default_tenant.bundle.catalogue
    kept = runtime.default_tenant.bundle
    with pytest.raises(BundleError, match=r"item_vectors\.npy"):
        await runtime.reload("broken")
    copy_bundle(settings.bundle_dir, ".half")
    for name in ("absent", "../first", ".", "..", "second/../second", ".half"):
        with pytest.raises(UnknownBundleNameError):
            await runtime.reload(name)
    assert runtime.default_tenant.bundle is kept
    assert read_last_good(settings) == (settings.bundle_dir.parent / "second").resolve()


async def test_a_new_bundle_moves_every_tenant_with_its_items(runtime: Runtime, settings: Settings) -> None:
    copy_bundle(settings.bundle_dir, "second")
    tenants = [await runtime.open_tenant(name) for name in ("", "a", "b", "quiet")]
    for tenant in tenants[:3]:
        await tenant.store.put_item(put(f"of-{tenant.name}"))
    await tenants[1].store.delete_item("i7")
    await runtime.reload("second")
    for tenant in tenants:
        ids = {row for row in ("of-", "of-a", "of-b", "i7") if row in tenant.bundle.catalogue}
        own = set() if tenant.name == "quiet" else {f"of-{tenant.name}"}
        assert ids == (own if tenant.name == "a" else own | {"i7"})
        assert tenant.bundle.manifest.model_version == "second"
    assert await runtime.open_tenant("a") is tenants[1]
    late = await runtime.open_tenant("late")
    assert late.bundle.manifest.model_version == "second" and late.bundle.catalogue.present.all()


async def test_a_tenant_that_opens_during_a_reload_has_the_new_bundle(
    runtime: Runtime, settings: Settings
) -> None:
    """Wherever the reload stands: at each step of it, another tenant opens."""
    copy_bundle(settings.bundle_dir, "second")
    reloading = asyncio.create_task(runtime.reload("second"))
    opening = []
    while not reloading.done():
        opening.append(asyncio.create_task(runtime.open_tenant(f"t{len(opening)}")))
        await asyncio.sleep(0.01)
    await reloading
    tenants = await asyncio.gather(*opening)
    assert tenants and {tenant.bundle.manifest.model_version for tenant in tenants} == {"second"}


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
    assert runtime.default_tenant.bundle.manifest.model_version == "second"
    with pytest.raises(UnknownBundleNameError):
        await runtime.reload("absent")
    await runtime.reload("third")
    assert runtime.default_tenant.bundle.manifest.model_version == "third"


async def test_a_folder_without_its_bundle_falls_back_to_what_it_replaced(settings: Settings) -> None:
    copy_bundle(settings.bundle_dir, "first.previous")
    (settings.bundle_dir / "manifest.json").unlink()
    runtime = Runtime(settings, MemoryStore())
    await runtime.start()
    assert runtime.default_tenant.bundle.manifest.model_version == "first.previous"


async def test_before_the_start_nothing_answers(settings: Settings) -> None:
    runtime = Runtime(settings, MemoryStore())
    assert not runtime.ready
    with pytest.raises(BundleNotLoadedError):
        runtime.default_tenant.bundle  # noqa: B018
    tenant = await runtime.open_tenant("shop")
    with pytest.raises(BundleNotLoadedError):
        tenant.bundle  # noqa: B018
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
    assert runtime.default_tenant.bundle.catalogue.row("x") == 80
