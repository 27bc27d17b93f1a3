"""The contract of every store of items: put, patched, deleted and listed."""

import asyncio
from dataclasses import replace

import pytest

from app.state.protocol import ChangeKind, ItemDeletedError, ItemPatch, StateStore, StoreFullError
from models.contract.catalogue import Item


async def test_items_put_and_deleted(store: StateStore) -> None:
    assert await store.catalogue_version() == 0
    assert (await store.items()).version == 0
    film = Item("1", {"title": "A", "year": 1990.0, "genres": ("x", "y")}, {"image": (0.5, -1.0)}, False)
    assert await store.put_item(film) == 1
    assert await store.put_item(Item("2")) == 2
    assert await store.delete_item("unheard of") == 3
    found = await store.items()
    assert (found.version, found.items, found.deleted) == (3, {"1": film, "2": Item("2")}, {"unheard of"})
    assert await store.delete_item("1") == 4
    assert await store.put_item(replace(film, available=True)) == 5
    assert (await store.items()).items["1"].available
    assert await store.catalogue_version() == (await store.read("1")).catalogue_version == 5


async def test_only_later_changes_can_be_asked_for(store: StateStore) -> None:
    for item_id in "abc":
        await store.put_item(Item(item_id))
    await store.delete_item("a")
    found = await store.items(since=2)
    assert (found.version, found.items, found.deleted) == (4, {"c": Item("c")}, {"a"})
    assert (await store.items(since=4)).items == {}
    younger = await store.items(since=99)  # that many changes are not known here: all that there is
    assert (younger.version, set(younger.items), younger.deleted) == (4, {"b", "c"}, {"a"})


async def test_the_item_limit_holds(store: StateStore) -> None:
    for number in range(5):
        await store.put_item(Item(str(number)))
    with pytest.raises(StoreFullError, match="at most 5 items"):
        await store.put_item(Item("one more"))
    with pytest.raises(StoreFullError, match="at most 5 items"):
        await store.delete_item("one more")
    assert await store.delete_item("4") == await store.catalogue_version() == 6


async def test_items_are_put_at_once_as_far_as_there_is_room(store: StateStore) -> None:
    await store.put_item(Item("0"))
    batch = [Item(str(number), {"year": float(number)}) for number in range(7)]
    assert await store.put_items(batch, 9.0) == [2, 3, 4, 5, 6, None, None]
    assert (await store.items()).items == {item.item_id: item for item in batch[:5]}
    assert await store.put_items([Item("4", {"year": 1.0}), Item("4", {"year": 2.0})]) == [7, 8]
    assert (await store.items()).items["4"].attributes == {"year": 2.0}
    assert await store.put_items([]) == []


async def test_a_patch_changes_an_item_that_was_put(store: StateStore) -> None:
    film = Item("1", {"title": "A", "year": 1990.0}, {"image": (0.5,), "sound": (1.0,)}, available=False)
    await store.put_item(film, 1.0)
    patch = ItemPatch("1", {"year": 1991.0, "title": None, "stock": 3.0}, {"sound": None})
    assert await store.patch_item(patch, 2.0) == 2
    change = await store.item("1")
    assert change is not None and (change.kind, change.changed_at) == (ChangeKind.PUT, 2.0)
    assert change.content == Item("1", {"year": 1991.0, "stock": 3.0}, {"image": (0.5,)}, available=False)
    await store.patch_item(ItemPatch("1", available=True))
    assert (await store.items()).items["1"].available


async def test_patches_of_an_item_that_was_never_put_are_kept_together(store: StateStore) -> None:
    await store.patch_item(ItemPatch("1", {"stock": 3.0, "title": None}, available=False), 1.0)
    await store.patch_item(ItemPatch("1", {"stock": 2.0, "price": 9.5}, {"image": (1.0,)}), 2.0)
    joined = ItemPatch("1", {"stock": 2.0, "title": None, "price": 9.5}, {"image": (1.0,)}, available=False)
    assert (await store.items()).patches == {"1": joined}
    change = await store.item("1")
    assert change is not None and (change.kind, change.changed_at) == (ChangeKind.PATCH, 2.0)
    await store.put_item(Item("1"), 3.0)
    assert (await store.items()).items == {"1": Item("1")} and not (await store.items()).patches


async def test_a_deleted_item_cannot_be_patched(store: StateStore) -> None:
    await store.delete_item("1")
    with pytest.raises(ItemDeletedError, match="'1'"):
        await store.patch_item(ItemPatch("1", {"stock": 3.0}))
    assert (await store.items()).deleted == {"1"} and await store.catalogue_version() == 1
    assert await store.item("2") is None


async def test_patches_at_once_lose_nothing(store: StateStore) -> None:
    fields = {f"field {number}": float(number) for number in range(20)}
    await asyncio.gather(*(store.patch_item(ItemPatch("1", {name: fields[name]})) for name in fields))
    assert (await store.items()).patches["1"].attributes == fields


async def test_the_item_limit_holds_for_patches(store: StateStore) -> None:
    await store.put_items([Item(str(number)) for number in range(5)])
    with pytest.raises(StoreFullError, match="at most 5 items"):
        await store.patch_item(ItemPatch("one more"))
    assert await store.patch_item(ItemPatch("4", {"stock": 1.0})) == 6


async def test_changes_are_listed_by_page_the_oldest_first(store: StateStore) -> None:
    await store.put_items([Item("a"), Item("b"), Item("c")], 1.0)
    await store.delete_item("b")
    await store.patch_item(ItemPatch("d"), 2.0)
    first = await store.list_items(0, 2)
    assert [(change.item_id, change.kind) for change in first.changes] == [
        ("a", ChangeKind.PUT),
        ("c", ChangeKind.PUT),
    ]
    second = await store.list_items(first.version, 2)
    assert [(change.item_id, change.kind) for change in second.changes] == [
        ("b", ChangeKind.DELETION),
        ("d", ChangeKind.PATCH),
    ]
    assert (await store.list_items(second.version, 2)).changes == []
