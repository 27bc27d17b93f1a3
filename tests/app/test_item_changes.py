"""Items that were put under another bundle."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import sparse

from app.bundle.bundle import LoadedBundle
from app.bundle.loading import load_bundle
from app.item_changes import apply_changes, fit_item
from app.pipeline.encoding import encode_user
from app.state.protocol import ItemPatch, StoredItems
from models.contract.catalogue import Item, UserState
from models.contract.events import Event
from models.contract.features import item_text
from models.contract.item_links import FittedLinks, ItemLinks, LinkGains, LinkTable
from models.export.content_gains import drop_items
from models.export.content_links import fit_content


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


def test_a_put_item_has_the_links_of_an_item_of_the_export_with_its_words(trained: Path) -> None:
    """Item i79 is taken to be without events; a put item with its attributes has its term, in a fork too."""
    bundle = load_bundle(trained, candidates=100)
    cold = bundle.catalogue.row("i79")
    assert cold is not None
    linked = replace(bundle, links=link_by_words(bundle, cold))
    twin = Item("twin", bundle.catalogue.item(cold).attributes)
    changes = StoredItems(1, {"twin": twin})
    for changed in (apply_changes(linked, changes), apply_changes(linked.fork(), changes)):
        state = UserState("u", events=tuple(Event(f"i{row}", "view", float(row)) for row in range(10)))
        logits = encode_user(changed, state).link_logits
        row = changed.catalogue.row("twin")
        assert logits is not None and row is not None
        assert logits[cold] == logits[row] != 0
        assert not np.delete(logits, [cold, row]).any()  # the others have events, and no other links here
    known = Item("i3", bundle.catalogue.item(cold).attributes)  # it has events: no content links
    again = apply_changes(linked, StoredItems(2, {"i3": known}))
    assert again.links is not None and again.links.content is not None
    assert again.links.content.table.items.tolist() == [cold]


def link_by_words(bundle: LoadedBundle, cold: int) -> FittedLinks:
    """Content links alone, as if the item at row `cold` had no events and all others had those of 40 users."""
    items = len(bundle.catalogue)
    matrix = sparse.csr_array(np.random.default_rng(0).random((40, items)) < 0.2)
    matrix = drop_items(matrix, np.arange(items) == cold)
    texts = [item_text(bundle.spec, item) for item in bundle.catalogue.items]
    none = LinkTable(np.zeros((items, 1), dtype=np.int32), np.zeros((items, 1), dtype=np.float32))
    gains = LinkGains(
        least_events=(1,), transition=(0.0,), regression=(0.0,), returning=(0.0, 0.0), content=50.0, level=0.5
    )
    return FittedLinks(ItemLinks(none, none), gains, fit_content(matrix, texts, 10.0))
