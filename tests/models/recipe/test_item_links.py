"""A job with item links: a log in which each item is followed by the next one is learned from counts, and served."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from app.bundle.bundle import LoadedBundle
from app.cli import main
from app.golden import open_and_check
from app.item_changes import apply_changes
from app.pipeline.encoding import encode_user
from app.pipeline.recommend import recommend
from app.pipeline.types import Query
from app.state.protocol import StoredItems
from models.contract.bundle import CONTENT_LINKS, LINKS
from models.contract.catalogue import Item, UserState
from models.contract.events import Event
from models.ranking.rerank import Diversity

USERS, ITEMS, EVENTS = 250, 60, 10


def write_chains(folder: Path) -> Path:
    """The job over users who each begin somewhere and take one item after the other, in a circle."""
    random = np.random.default_rng(2)
    rows = [
        f"u{user},i{(start + step) % ITEMS},{step}"
        for user, start in enumerate(random.integers(ITEMS, size=USERS).tolist())
        for step in range(EVENTS)
    ]
    (folder / "events.csv").write_text("\n".join(["user,item,step", *rows]) + "\n")
    titles = [f"i{item},{write_title(item)}" for item in range(ITEMS)]
    (folder / "items.csv").write_text("\n".join(["item,title", *titles, f"new,{write_title(8)}"]) + "\n")
    job = {
        "name": "chains",
        "interactions": {"path": "events.csv", "user": "user", "item": "item", "order": "step"},
        "items": {"path": "items.csv", "id": "item", "text": ["title"]},
        "network": {"dim": 8, "layers": 1, "expert_width": 8, "tower_width": 8},
        "training": {"epochs": 1, "refresh_epochs": 0},
        "text_encoder": None,
        "item_links": True,
    }
    (folder / "job.yaml").write_text(yaml.safe_dump(job))
    return folder / "job.yaml"


def write_title(item: int) -> str:
    """Words of the item and of the two around it in the circle."""
    return " ".join(f"word{(item + step) % ITEMS}" for step in (-1, 0, 1))


@pytest.fixture(scope="module")
def chains(tmp_path_factory: pytest.TempPathFactory) -> LoadedBundle:
    """The bundle, whose golden requests the service has reproduced."""
    folder = tmp_path_factory.mktemp("chains")
    assert main(["train", str(write_chains(folder)), "--out", str(folder / "bundle")]) == 0
    return open_and_check(folder / "bundle", 300)


def ask(bundle: LoadedBundle, *items: str) -> tuple[list[str], set[str]]:
    """The list after events of these items, the newest last, and the sources of its first item."""
    events = tuple(Event(item, "view", float(step)) for step, item in enumerate(items))
    query = Query(
        state=UserState("someone", None, events), now=100.0, limit=10, context={},
        weights={"next": 1.0}, diversity=Diversity("none"),
    )  # fmt: skip
    slate = recommend(bundle, query)
    candidates = slate.scored.candidates
    found = candidates.from_source[:, slate.order[0]]
    names = {name for name, is_from in zip(candidates.sources, found, strict=True) if is_from}
    return [bundle.catalogue.ids[row] for row in candidates.rows[slate.order]], names


def test_the_next_items_of_a_chain_come_first(chains: LoadedBundle) -> None:
    assert chains.links is not None and not chains.links.gains.is_off
    assert LINKS in chains.manifest.files
    for start in (5, 30):
        listed, sources = ask(chains, *(f"i{start + step}" for step in range(4)))
        assert listed[0] == f"i{start + 4}"
        assert "linked" in sources


def test_without_events_there_are_no_links(chains: LoadedBundle) -> None:
    _, sources = ask(chains)
    assert "linked" not in sources


def test_items_put_later_have_no_links_and_change_none(chains: LoadedBundle) -> None:
    before, _ = ask(chains, "i7", "i8", "i9")
    catalogue = chains.fork().catalogue.with_item(Item("late"), chains.item_row(Item("late")))
    larger = replace(chains, catalogue=catalogue)
    after, _ = ask(larger, "i7", "i8", "i9")
    assert after[:5] == before[:5]


def test_an_item_without_events_is_listed_by_its_words_and_a_put_one_beside_it(chains: LoadedBundle) -> None:
    """The item `new` has the words of i8. A put item of the same words has the same logit."""
    assert CONTENT_LINKS in chains.manifest.files
    twin = Item("twin", {"title": write_title(8)})
    changed = apply_changes(chains.fork(), StoredItems(1, {"twin": twin}))
    listed, _ = ask(changed, "i4", "i5", "i6", "i7")
    assert listed[0] == "i8"
    events = tuple(Event(f"i{item}", "view", float(item)) for item in (4, 5, 6, 7))
    logits = encode_user(changed, UserState("someone", None, events)).link_logits
    assert logits is not None
    new, put = changed.rows(["new", "twin"]).tolist()
    assert logits[new] == logits[put]
    far = encode_user(changed, UserState("someone", None, (Event("i30", "view", 0.0),))).link_logits
    assert far is not None and far[new] < logits[new]
    np.testing.assert_array_equal(changed.catalogue.vectors[new], changed.catalogue.vectors[put])
