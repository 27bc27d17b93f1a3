import shutil
from pathlib import Path

import faiss
import numpy as np
import pytest

from app.golden import open_and_check
from benchmarks.serving.million import grow_bundle
from benchmarks.serving.recall import compare_search, measure_recall
from models.contract.user_vector import strip_bias


@pytest.fixture(scope="module")
def grown(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return grow_bundle(trained, tmp_path_factory.mktemp("grown") / "shop-200", 200)


def test_the_service_accepts_a_grown_bundle_with_its_golden_requests(grown: Path) -> None:
    bundle = open_and_check(grown, candidates=300)
    assert len(bundle.catalogue) == 200
    first, new = bundle.catalogue.item(0), bundle.catalogue.item(80)
    assert new.item_id == "grown-80"
    assert new.attributes["genres"] == first.attributes["genres"]
    assert str(new.attributes["title"]).startswith(f"{first.attributes['title']} ")
    assert bundle.catalogue.id_indices[80] > bundle.catalogue.id_indices[79]


def test_trained_items_stay_and_new_ones_keep_their_mean(trained: Path, grown: Path) -> None:
    before, after = (np.load(folder / "item_vectors.npy") for folder in (trained, grown))
    assert np.array_equal(after[:80], before)
    centre = strip_bias(before).mean(axis=0)
    assert np.allclose(strip_bias(after).mean(axis=0), centre, atol=1e-5)
    assert not np.allclose(strip_bias(after[80:160]), strip_bias(before), atol=0.01)


def test_a_grown_bundle_is_kept_and_another_size_made_anew(trained: Path, grown: Path) -> None:
    made = (grown / "manifest.json").stat().st_mtime_ns
    assert grow_bundle(trained, grown, 200) == grown
    assert (grown / "manifest.json").stat().st_mtime_ns == made
    copy = Path(shutil.copytree(grown, grown.with_name("other")))
    grow_bundle(trained, copy, 160)
    assert len(np.load(copy / "item_vectors.npy")) == 160
    with pytest.raises(ValueError, match="at least the 80 items"):
        grow_bundle(trained, grown.with_name("small"), 10)


def test_an_exact_index_finds_all_and_another_its_share(grown: Path) -> None:
    assert measure_recall(grown) == 1.0
    vectors = np.eye(4, dtype=np.float32) * np.float32([4, 3, 2, 1])[:, None]
    index = faiss.IndexFlatIP(4)
    index.add(vectors[[0, 2, 3, 1]])  # rows 1, 2 and 3 are in other places
    query = np.ones((1, 4), dtype=np.float32)
    # The best two rows are 0 and 1; the index has row 1 in place 3.
    assert compare_search(index, vectors, query, k=2) == 0.5
