"""Items that were put under another bundle."""

from pathlib import Path

from app.bundle.bundle import LoadedBundle
from app.bundle.loading import load_bundle
from app.item_changes import apply_changes, fit_item
from app.state.protocol import ItemPatch, StoredItems
from models.contract.catalogue import Item


def test_an_item_of_another_bundle_keeps_what_this_one_knows(learnt: LoadedBundle) -> None:
    item = Item("x", {"title": "A", "colour": "red"}, {"image": (1.0, 2.0)}, available=False)
    assert fit_item(learnt.spec, item) == Item("x", {"title": "A"}, {}, available=False)
    other = Item("x", {"title": 1984.0, "genres": "space", "year": "1984"})
    assert fit_item(learnt.spec, other) == Item("x")


def test_items_are_put_and_deleted_in_one_new_catalogue(trained: Path) -> None:
    bundle = load_bundle(trained, candidates=100)
    changes = StoredItems(3, {"new": Item("new", {"title": "Robots", "year": "1984"})}, frozenset({"i7"}))
    changed = apply_changes(bundle, changes).catalogue
    assert "new" in changed and "i7" not in changed and "i8" in changed
    assert changed.item(80) == Item("new", {"title": "Robots"})
    assert (len(bundle.catalogue), len(changed)) == (80, 81)


def test_a_patch_changes_an_item_of_the_bundle_and_of_no_other(trained: Path) -> None:
    bundle = load_bundle(trained, candidates=100)
    before = bundle.catalogue.item(7)
    row = bundle.catalogue.vectors[7].copy()
    patches = {name: ItemPatch(name, {"title": None, "genres": ("war",)}) for name in ("i7", "absent")}
    changed = apply_changes(bundle, StoredItems(1, patches=patches)).catalogue
    assert "absent" not in changed and len(changed) == 80
    expected = {**before.attributes, "genres": ("war",)}
    del expected["title"]
    assert changed.item(7) == Item("i7", expected, before.vectors)
    assert (changed.vectors[7] != row).any()
