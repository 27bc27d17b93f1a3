"""A bundle with an index over its texts answers as without it, and is refused where the search finds less."""

import shutil
from pathlib import Path

import faiss
import numpy as np
import pytest

from app.bundle.bundle import LoadedBundle
from app.bundle.loading import load_bundle
from app.golden import open_and_check
from app.item_changes import apply_changes
from app.pipeline.recommend import recommend
from app.pipeline.types import Query, Slate
from app.state.protocol.items import StoredItems
from models.contract.bundle import ITEM_TEXT, TEXT_INDEX, TEXT_SEARCH, BundleError, checksum
from models.contract.catalogue import Item, UserState
from models.export import text_index
from models.language.plan import Plan
from models.ranking.rerank import Diversity
from tests.sealed_manifests import read_raw, write_sealed


@pytest.fixture(scope="module")
def indexed(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trained bundle with an index, as a large one has it."""
    folder = shutil.copytree(trained, tmp_path_factory.mktemp("indexed") / "bundle")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_index, "PACKED_FROM", 0)
        patch.setattr(text_index, "STEPS", ((50, 30),))
        patch.setattr(text_index, "NEAREST", 5)
        patch.setattr(text_index, "_list_kinds", lambda _size: ("SQ8",))  # few items: too few for a quantizer
        texts = np.load(folder / ITEM_TEXT)
        assert text_index.write_text_index(folder / TEXT_INDEX, folder / TEXT_SEARCH, texts)
    seal(folder)
    return folder


def seal(folder: Path) -> None:
    raw = read_raw(folder)
    raw["files"] |= {name: checksum(folder / name) for name in (TEXT_INDEX, TEXT_SEARCH)}
    write_sealed(folder, raw)


def ask(bundle: LoadedBundle, plan: Plan) -> Slate:
    state = UserState("u", None, bundle.known_users.state(next(iter(bundle.known_users.rows))).events[:3])
    weights = dict.fromkeys(bundle.heads, 1.0)
    return recommend(
        bundle,
        Query(
            state=state,
            now=0.0,
            limit=10,
            context={},
            weights=weights,
            diversity=Diversity("none"),
            plan=plan,
            explain=True,
        ),
    )


@pytest.mark.parametrize(
    "plan",
    [
        Plan(direction="robots in space"),
        Plan(direction="a love story", avoid=("war", "robots")),
        Plan(avoid=("war",)),
        Plan(like=("3", "5"), unlike=("7",), direction="robots"),
        Plan(like=("3",)),
        Plan(like=("gone",), avoid=("war",)),
    ],
)
def test_answers_are_those_without_an_index(learnt: LoadedBundle, indexed: Path, plan: Plan) -> None:
    bundle = load_bundle(indexed, candidates=100)
    assert bundle.catalogue.text_index is not None and learnt.catalogue.text_index is None
    ids = learnt.catalogue.ids
    known = Plan(
        direction=plan.direction,
        avoid=plan.avoid,
        like=tuple(ids[int(place)] if place.isdigit() else place for place in plan.like),
        unlike=tuple(ids[int(place)] for place in plan.unlike),
    )
    exact, given = ask(learnt, known), ask(bundle, known)
    expected = dict(zip(exact.scored.candidates.rows.tolist(), exact.scored.score.tolist(), strict=True))
    found = dict(zip(given.scored.candidates.rows.tolist(), given.scored.score.tolist(), strict=True))
    assert found == pytest.approx(expected, abs=2e-3)


def test_a_new_item_is_found_by_its_words_at_once(indexed: Path) -> None:
    bundle = load_bundle(indexed, candidates=100)
    item = Item("new", {"title": "Submarine volcano cartographers"})
    bundle = apply_changes(bundle, StoredItems(1, {"new": item}))
    slate = ask(bundle, Plan(direction="submarine volcano cartographers"))
    row = bundle.catalogue.row("new")
    candidates = slate.scored.candidates
    place = candidates.rows.tolist().index(row)
    assert candidates.from_source[candidates.sources.index("query"), place]


def test_the_bundle_passes_its_check(indexed: Path) -> None:
    bundle = open_and_check(indexed, candidates=100, explain=True)
    assert bundle.catalogue.text_index is not None


def test_an_index_that_finds_other_items_is_refused(indexed: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(indexed, tmp_path / "bundle")
    index = faiss.read_index(str(folder / TEXT_INDEX))
    texts = np.load(folder / ITEM_TEXT)
    index.reset()
    index.add(-texts)
    faiss.write_index(index, str(folder / TEXT_INDEX))
    seal(folder)
    with pytest.raises(BundleError, match=r"recall of 1\.000 of the golden queries in text_index\.faiss"):
        open_and_check(folder, candidates=100)


def test_an_index_of_other_texts_is_refused(indexed: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(indexed, tmp_path / "bundle")
    index = faiss.IndexFlatIP(np.load(folder / ITEM_TEXT).shape[1])
    index.add(np.load(folder / ITEM_TEXT))
    faiss.write_index(index, str(folder / TEXT_INDEX))
    seal(folder)
    with pytest.raises(BundleError, match="expected inverted lists over"):
        load_bundle(folder, candidates=100)
    (folder / TEXT_INDEX).write_bytes(b"no index")
    seal(folder)
    with pytest.raises(BundleError, match="expected a FAISS index"):
        load_bundle(folder, candidates=100)


def test_an_index_without_its_search_is_refused(indexed: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(indexed, tmp_path / "bundle")
    raw = read_raw(folder)
    del raw["files"][TEXT_SEARCH]
    write_sealed(folder, raw)
    with pytest.raises(BundleError, match="together, given one of them"):
        load_bundle(folder, candidates=100)
