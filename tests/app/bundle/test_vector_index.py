"""Search over 30,000 rows: enough that the index itself is asked."""

import faiss
import numpy as np
import pytest

from app.bundle.catalogue import Catalogue
from app.bundle.item_columns import ItemRow
from app.bundle.vector_index import (
    FEW_ROWS,
    OVER_FETCH,
    ExactSearch,
    FaissSearch,
    IndexUnusableError,
    nearest_rows,
)
from models.contract.arrays import Floats, Mask
from models.contract.catalogue import Item
from models.contract.feature_spec import FeatureSpec
from models.contract.vocabulary import Vocabulary
from models.export import index as export_index

ROWS, DIM = 30_000, 8


def catalogue_of(vectors: Floats) -> Catalogue:
    spec = FeatureSpec(timed=True, history_length=1, item_ids=Vocabulary(), actions=Vocabulary())
    n = len(vectors)
    columns = (vectors, np.zeros((n, 0), dtype=np.float32), np.zeros((n, 3), dtype=np.float32))
    return Catalogue.of(spec, (), [Item(str(row)) for row in range(n)], columns)


@pytest.fixture(scope="module")
def vectors() -> Floats:
    return np.random.default_rng(0).standard_normal((ROWS, DIM + 1)).astype(np.float32)


@pytest.fixture(scope="module")
def catalogue(vectors: Floats) -> Catalogue:
    return catalogue_of(vectors)


@pytest.fixture(scope="module")
def flat(vectors: Floats) -> FaissSearch:
    index = faiss.IndexFlatIP(DIM + 1)
    index.add(vectors)
    return FaissSearch(index)


def ivf_search(vectors: Floats, factory: str, nprobe: int) -> FaissSearch:
    index = faiss.index_factory(DIM + 1, factory, faiss.METRIC_INNER_PRODUCT)
    index.train(vectors)
    index.add(vectors)
    faiss.extract_index_ivf(index).nprobe = nprobe
    return FaissSearch(index)


@pytest.fixture
def everything() -> Mask:
    return np.ones(ROWS, dtype=np.bool_)


@pytest.fixture
def vector() -> Floats:
    return np.random.default_rng(1).standard_normal(DIM + 1).astype(np.float32)


def untrained() -> FaissSearch:
    index = faiss.index_factory(DIM + 1, "IVF32,Flat", faiss.METRIC_INNER_PRODUCT)
    index.ntotal = ROWS  # claims the rows, and fails when it is asked
    return FaissSearch(index)


def too_small() -> FaissSearch:
    index = faiss.IndexFlatIP(DIM + 1)
    index.add(np.zeros((10, DIM + 1), dtype=np.float32))
    return FaissSearch(index)


def of_another_width() -> FaissSearch:
    index = faiss.IndexFlatIP(DIM)
    index.add(np.zeros((ROWS, DIM), dtype=np.float32))
    return FaissSearch(index)


@pytest.mark.parametrize("share", [1.0, 0.99, 0.8])
def test_faiss_flat_agrees_with_exact_search(catalogue, flat, vector, share):
    rng = np.random.default_rng(2)
    allowed = np.asarray(rng.random(ROWS) < share)
    if share == 0.99:  # few enough not allowed: over-fetched, not masked
        assert np.count_nonzero(~allowed) < OVER_FETCH
    exact = ExactSearch(catalogue.vectors).search(vector, 300, allowed)
    assert flat.search(vector, 300, allowed).tolist() == exact.tolist()
    assert nearest_rows(catalogue, flat, vector, 300, allowed).tolist() == exact.tolist()


def test_an_approximate_index_comes_close(catalogue, vector, everything):
    ivf = ivf_search(catalogue.vectors, "IVF32,SQ8", 16)
    everything[::4] = False
    assert np.count_nonzero(everything) > FEW_ROWS
    exact = set(ExactSearch(catalogue.vectors).search(vector, 300, everything).tolist())
    rows = nearest_rows(catalogue, ivf, vector, 300, everything)
    assert len(set(rows.tolist())) == 300
    assert everything[rows].all()
    assert len(exact & set(rows.tolist())) >= 0.9 * 300


def test_allowed_rows_of_lists_behind_a_transform_are_searched(catalogue, vector, everything, monkeypatch):
    """As models.export.index writes them."""
    monkeypatch.setattr(export_index, "FLAT_ITEMS", 10)
    monkeypatch.setattr(export_index, "HALF_ITEMS", 10)
    monkeypatch.setattr(export_index, "LISTS_PER_ROOT", 0.5)
    search = FaissSearch(export_index.build_index(catalogue.vectors))
    everything[::4] = False
    exact = set(ExactSearch(catalogue.vectors).search(vector, 300, everything).tolist())
    rows = search.search(vector, 300, everything)
    assert everything[rows].all()
    assert len(exact & set(rows.tolist())) >= 0.9 * 300


def test_probes_that_hold_too_few_rows_are_made_good(catalogue, vector, everything):
    ivf = ivf_search(catalogue.vectors, "IVF256,Flat", 1)
    exact = ExactSearch(catalogue.vectors).search(vector, 2000, everything)
    assert len(ivf.search(vector, 2000, everything)) < 2000
    assert nearest_rows(catalogue, ivf, vector, 2000, everything).tolist() == exact.tolist()


@pytest.mark.parametrize("broken", [untrained, too_small, of_another_width])
def test_a_broken_index_raises(vector, everything, broken):
    with pytest.raises(IndexUnusableError):
        broken().search(vector, 10, everything)


def test_rows_put_since_the_bundle_are_found_as_they_are_now(vectors, flat, vector):
    best = int(flat.search(vector, 1, np.ones(ROWS, dtype=np.bool_))[0])
    no_text = np.zeros(0, dtype=np.float32)
    rows = [ItemRow(-vector, no_text), ItemRow(10 * vector, no_text), ItemRow(-vector, no_text)]
    # the best one changed: the index still thinks it the nearest; the first new one is nearest of all
    items = [Item(str(best)), Item("near"), Item("far")]
    catalogue = catalogue_of(vectors.copy()).with_items(items, rows)
    allowed = np.ones(ROWS + 2, dtype=np.bool_)
    nearest = nearest_rows(catalogue, flat, vector, 50, allowed)
    assert nearest.tolist() == ExactSearch(catalogue.vectors).search(vector, 50, allowed).tolist()
    assert nearest[0] == ROWS
    assert best not in nearest
    allowed[ROWS] = False
    assert ROWS not in nearest_rows(catalogue, flat, vector, 50, allowed)
