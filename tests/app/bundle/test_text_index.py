"""The index over text vectors finds what exact search finds, among allowed rows, and among items put later."""

from pathlib import Path

import faiss
import numpy as np
import pytest

from app.bundle.array_files import open_rows
from app.bundle.catalogue import Catalogue
from app.bundle.catalogue_texts import IndexedTexts, find_nearest_texts, measure_spread
from app.bundle.file_rows import FileRows
from app.bundle.item_columns import ItemRow
from app.bundle.text_index import TextIndex
from models.contract.arrays import Floats, Indices, Mask
from models.contract.bundle import BundleError
from models.contract.catalogue import Item
from models.contract.feature_spec import FeatureSpec
from models.contract.statistics import STATISTICS
from models.contract.text_search import TextSearch, read_search, write_search
from models.contract.vocabulary import Vocabulary
from models.export import text_index as exported
from models.export.text_index import write_text_index
from models.language.text_preference import ItemTexts
from models.ranking.candidates import search_exactly

COUNT, SIZE = 4000, 16
SPEC = FeatureSpec(timed=True, history_length=5, item_ids=Vocabulary(), actions=Vocabulary(), text_size=SIZE)


@pytest.fixture(scope="module")
def texts() -> Floats:
    """Unit vectors around 100 subjects; every tenth item is without a text."""
    random = np.random.default_rng(0)
    subjects = random.normal(size=(100, SIZE))
    vectors = subjects[np.arange(COUNT) % 100] + 0.4 * random.normal(size=(COUNT, SIZE))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[::10] = 0
    return vectors.astype(np.float32)


@pytest.fixture(scope="module")
def folder(texts: Floats, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the exporter writes for a large catalogue."""
    folder = tmp_path_factory.mktemp("texts")
    np.save(folder / "texts.npy", texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exported, "PACKED_FROM", 1000)
        patch.setattr(exported, "STEPS", ((2, 200), (8, 200), (16, 400)))
        assert write_text_index(folder / "index", folder / "search.npz", texts)
    return folder


def open_catalogue(folder: Path, texts: Floats) -> Catalogue:
    items = [Item(str(row), {}) for row in range(COUNT)]
    others = (np.zeros((COUNT, 6), dtype=np.float32), np.zeros((COUNT, len(STATISTICS)), dtype=np.float32))
    catalogue = Catalogue.of(SPEC, (), items, (others[0], texts.copy(), others[1]))
    search = read_search(folder / "search.npz", COUNT, SIZE)
    rows = open_rows(folder / "texts.npy", (COUNT, SIZE))
    catalogue.store.text_index = TextIndex(faiss.read_index(str(folder / "index")), search, rows)
    return catalogue


@pytest.fixture
def catalogue(folder: Path, texts: Floats) -> Catalogue:
    return open_catalogue(folder, texts)


def share_found(catalogue: Catalogue, texts: Floats, allowed: Mask, k: int = 50) -> float:
    """The mean recall over the texts of 40 items."""
    shares = []
    for query in texts[1::100]:
        found, exact = (
            find_nearest_texts(catalogue, query, k, allowed).rows,
            search_exactly(texts, query, k, allowed),
        )
        assert allowed[found].all() and len(found) == len(set(found.tolist())) == len(exact)
        assert (np.diff(texts[found] @ query) <= 1e-6).all()
        shares.append(len(np.intersect1d(found, exact)) / len(exact))
    return float(np.mean(shares))


def test_the_exporter_measures_the_recall_that_a_service_has(catalogue: Catalogue, texts: Floats) -> None:
    assert catalogue.text_index is not None
    assert catalogue.text_index.search.recall.mean() >= 0.9
    assert share_found(catalogue, texts, np.ones(COUNT, dtype=np.bool_)) >= 0.97


@pytest.mark.parametrize("every", [2, 5, 9])
def test_few_allowed_items_are_found_as_well(catalogue: Catalogue, texts: Floats, every: int) -> None:
    allowed = np.arange(COUNT) % every == 0
    assert share_found(catalogue, texts, allowed) >= 0.97


def test_hardly_any_allowed_items_are_all_found(catalogue: Catalogue, texts: Floats) -> None:
    allowed = np.zeros(COUNT, dtype=np.bool_)
    allowed[[5, 70, 3999]] = True
    assert share_found(catalogue, texts, allowed) == 1
    assert len(find_nearest_texts(catalogue, texts[1], 5, np.zeros(COUNT, dtype=np.bool_)).rows) == 0


def test_items_put_later_are_found_at_once(catalogue: Catalogue, texts: Floats) -> None:
    assert len(catalogue.fresh) == 0
    query = texts[7]
    first, second, *_ = find_nearest_texts(catalogue, query, 10, np.ones(COUNT, dtype=np.bool_)).rows.tolist()
    assert first == 7
    rows = [ItemRow(np.zeros(6, dtype=np.float32), text) for text in (query, -query)]
    changed = catalogue.with_items([Item("new", {}), Item(str(second), {})], rows)
    found = find_nearest_texts(changed, query, 10, np.ones(COUNT + 1, dtype=np.bool_)).rows.tolist()
    assert found[:2] == [7, COUNT] and second not in found
    np.testing.assert_array_equal(changed.read_texts(np.array([COUNT, 7, second])), [query, query, -query])
    deleted = np.ones(COUNT + 1, dtype=np.bool_)
    deleted[COUNT] = False
    assert COUNT not in find_nearest_texts(changed, query, 10, deleted).rows.tolist()


def test_cosines_are_standardised_as_over_all_texts(catalogue: Catalogue, texts: Floats) -> None:
    index = catalogue.text_index
    assert index is not None
    table, indexed = ItemTexts(texts, lambda _row: []), IndexedTexts(catalogue, index, lambda _row: [])
    rows: Indices = np.array([3, 0, 3999])
    expected, given = table.standardise(texts[3]), indexed.standardise(texts[3])
    np.testing.assert_allclose(given[rows], expected[rows], atol=1e-4)
    np.testing.assert_allclose(given[::7], expected[::7], atol=0.01)
    np.testing.assert_allclose(given[::3], expected[::3], atol=0.01)  # another sample
    with pytest.raises(ValueError, match="whole catalogue"):
        given[5:]
    assert set(indexed.find_nearest(texts[3], 20)) == set(table.find_nearest(texts[3], 20))
    mean, deviation = measure_spread(catalogue, texts[3], 100)
    cosines = (texts @ texts[3])[texts.any(axis=1)]
    assert (mean, deviation) == (
        pytest.approx(cosines.mean(), abs=1e-5),
        pytest.approx(cosines.std(), abs=1e-5),
    )


def test_a_sample_has_the_items_put_later(catalogue: Catalogue, texts: Floats) -> None:
    rows = [ItemRow(np.zeros(6, dtype=np.float32), text) for text in texts[:3]]
    changed = catalogue.with_items([Item(f"new{number}", {}) for number in range(3)], rows)
    index = changed.text_index
    assert index is not None
    standard = IndexedTexts(changed, index, lambda _row: []).standardise(texts[1])
    every = standard[::1]
    assert len(every) == COUNT + 3
    np.testing.assert_allclose(every[COUNT:], standard[np.arange(3)], atol=1e-4)


def test_a_fork_has_the_texts_as_they_were_loaded(catalogue: Catalogue, texts: Floats) -> None:
    changed = catalogue.with_items([Item("7", {})], [ItemRow(np.zeros(6, dtype=np.float32), -texts[7])])
    fork = changed.fork()
    assert find_nearest_texts(fork, texts[7], 1, np.ones(COUNT, dtype=np.bool_)).rows.tolist() == [7]
    np.testing.assert_array_equal(fork.read_texts(np.array([7])), texts[7:8])


def test_rows_of_a_file(folder: Path, texts: Floats) -> None:
    rows: FileRows = open_rows(folder / "texts.npy", (COUNT, SIZE))
    np.testing.assert_array_equal(rows.read(np.array([3999, 0, 0])), texts[[3999, 0, 0]])
    assert rows.read(np.zeros(0, dtype=np.int64)).shape == (0, SIZE)
    for outside in (-1, COUNT):
        with pytest.raises(IndexError, match="below 4000"):
            rows.read(np.array([outside]))
    with pytest.raises(BundleError, match="row by row"):
        open_rows(folder / "texts.npy", (COUNT, SIZE + 1))


def test_a_search_of_other_texts_is_refused(folder: Path, tmp_path: Path) -> None:
    search = read_search(folder / "search.npz", COUNT, SIZE)
    with pytest.raises(ValueError, match="rows below 3000"):
        read_search(folder / "search.npz", 3000, SIZE)
    with pytest.raises(ValueError, match="texts of 15 numbers"):
        read_search(folder / "search.npz", COUNT, 15)
    unusable = TextSearch(search.mean * np.nan, search.covariance, 5, *_golden(search))
    write_search(tmp_path / "nan.npz", unusable)
    with pytest.raises(ValueError, match="texts of 16 numbers"):
        read_search(tmp_path / "nan.npz", COUNT, SIZE)


def _golden(search: TextSearch) -> tuple[Floats, Indices, Floats]:
    return search.queries, search.nearest, search.recall


def test_small_catalogues_and_those_without_texts_have_no_index(texts: Floats, tmp_path: Path) -> None:
    assert not write_text_index(tmp_path / "index", tmp_path / "search.npz", texts)
    assert not write_text_index(
        tmp_path / "index", tmp_path / "search.npz", np.zeros((60_000, 0), np.float32)
    )
    assert not write_text_index(
        tmp_path / "index", tmp_path / "search.npz", np.zeros((60_000, SIZE), np.float32)
    )
    assert not list(tmp_path.iterdir())


def test_queries_are_drawn_from_the_few_items_with_a_text(texts: Floats) -> None:
    sparse = np.zeros_like(texts)
    sparse[1] = texts[1]
    queries = exported._draw_queries(sparse, np.flatnonzero(sparse.any(axis=1)), np.random.default_rng(0))
    np.testing.assert_allclose(queries.vectors, np.broadcast_to(texts[1], queries.vectors.shape), atol=1e-6)
