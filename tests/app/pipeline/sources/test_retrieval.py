"""Sources and search, on an index of 30,000 rows: enough that the index itself is asked."""

import faiss
import numpy as np
import pytest

from app.bundle.attribute_index import AttributeIndex
from app.bundle.catalogue import Catalogue, ItemRow
from app.bundle.vector_index import (
    OVER_FETCH,
    ExactSearch,
    FaissSearch,
    IndexUnusableError,
    best_places,
)
from app.pipeline.filtering import allowed_rows
from app.pipeline.sources.retrieval import FEW_ROWS, RetrievalLimits, Retriever, Source, nearest
from models.contract.catalogue import Item
from models.contract.feature_spec import FeatureSpec
from models.contract.predicate import Compare, Not, Operator
from models.contract.vocabulary import Vocabulary

ROWS, DIM = 30_000, 8
LIMITS = RetrievalLimits(total=300, popular=50, similar=50, query=100)


@pytest.fixture(scope="module")
def catalogue(make_catalogue):
    return make_catalogue(ROWS, DIM)


@pytest.fixture(scope="module")
def flat(catalogue):
    index = faiss.IndexFlatIP(DIM + 1)
    index.add(catalogue.vectors)
    return FaissSearch(index)


@pytest.fixture(scope="module")
def ivf(catalogue):
    index = faiss.index_factory(DIM + 1, "IVF32,SQ8", faiss.METRIC_INNER_PRODUCT)
    index.train(catalogue.vectors)
    index.add(catalogue.vectors)
    faiss.extract_index_ivf(index).nprobe = 16
    return FaissSearch(index)


@pytest.fixture
def everything(catalogue):
    return np.ones(len(catalogue), dtype=np.bool_)


@pytest.fixture
def vector():
    return np.random.default_rng(1).standard_normal(DIM + 1).astype(np.float32)


def untrained():
    index = faiss.index_factory(DIM + 1, "IVF32,Flat", faiss.METRIC_INNER_PRODUCT)
    index.ntotal = ROWS  # says that it holds the rows, and fails when it is asked
    return FaissSearch(index)


def too_small():
    index = faiss.IndexFlatIP(DIM + 1)
    index.add(np.zeros((10, DIM + 1), dtype=np.float32))
    return FaissSearch(index)


def of_another_width():
    index = faiss.IndexFlatIP(DIM)
    index.add(np.zeros((ROWS, DIM), dtype=np.float32))
    return FaissSearch(index)


def test_best_places_by_hand():
    scores = np.array([1, 3, 2, 3, np.nan, np.inf, 2], dtype=np.float32)
    assert best_places(scores, 4).tolist() == [1, 3, 2, 6]
    assert best_places(scores, 3).tolist() == [1, 3, 2]  # ties by place, at the cut too
    assert best_places(scores, 99).tolist() == [1, 3, 2, 6, 0, 4, 5]
    assert best_places(scores, 0).tolist() == []
    assert best_places(scores[:0], 3).tolist() == []


@pytest.mark.parametrize("share", [1.0, 0.99, 0.8])
def test_faiss_flat_agrees_with_exact_search(catalogue, flat, vector, share):
    rng = np.random.default_rng(2)
    allowed = np.asarray(rng.random(ROWS) < share)
    if share == 0.99:  # few enough not allowed: over-fetched, not masked
        assert np.count_nonzero(~allowed) < OVER_FETCH
    exact = ExactSearch(catalogue.vectors).search(vector, 300, allowed)
    assert flat.search(vector, 300, allowed).tolist() == exact.tolist()
    assert nearest(catalogue, flat, vector, 300, allowed).tolist() == exact.tolist()


def test_an_approximate_index_comes_close(catalogue, ivf, vector, everything):
    everything[::4] = False
    exact = set(ExactSearch(catalogue.vectors).search(vector, 300, everything).tolist())
    found = nearest(catalogue, ivf, vector, 300, everything)
    assert len(set(found.tolist())) == 300
    assert everything[found].all()
    assert len(exact & set(found.tolist())) >= 0.9 * 300


def test_probes_that_hold_too_few_rows_are_made_good(catalogue, vector, everything):
    index = faiss.index_factory(DIM + 1, "IVF256,Flat", faiss.METRIC_INNER_PRODUCT)
    index.train(catalogue.vectors)
    index.add(catalogue.vectors)
    faiss.extract_index_ivf(index).nprobe = 1
    exact = ExactSearch(catalogue.vectors).search(vector, 2000, everything)
    assert len(FaissSearch(index).search(vector, 2000, everything)) < 2000
    assert nearest(catalogue, FaissSearch(index), vector, 2000, everything).tolist() == exact.tolist()


@pytest.mark.parametrize("share", [0.01, 0.7])
def test_a_selective_filter_still_fills_the_list(catalogue, ivf, vector, make_query, make_encoded, share):
    allowed = np.asarray(np.random.default_rng(3).random(ROWS) < share)
    assert (np.count_nonzero(allowed) > FEW_ROWS) == (share == 0.7)
    found = Retriever(ivf, LIMITS).retrieve(catalogue, make_query(), make_encoded(vector), allowed, 5)
    assert found.allowed == np.count_nonzero(allowed)
    assert len(found.rows) == len(set(found.rows.tolist())) == min(300, found.allowed)
    assert allowed[found.rows].all()


def test_fewer_allowed_than_asked_gives_them_all(catalogue, ivf, vector, make_query, make_encoded):
    allowed = np.zeros(ROWS, dtype=np.bool_)
    allowed[[7, 11, 29_999]] = True
    query, encoded = make_query(), make_encoded(vector)
    found = Retriever(ivf, LIMITS).retrieve(catalogue, query, encoded, allowed, None)
    assert sorted(found.rows.tolist()) == [7, 11, 29_999]
    none = Retriever(ivf, LIMITS).retrieve(catalogue, query, encoded, np.zeros_like(allowed), None)
    assert none.rows.shape == (0,)
    assert none.found_by.shape == (2, 0)


@pytest.mark.parametrize("broken", [untrained, too_small, of_another_width])
def test_a_broken_index_degrades_to_exact_search(
    catalogue, vector, everything, make_query, make_encoded, broken
):
    query, encoded = make_query(), make_encoded(vector)
    with pytest.raises(IndexUnusableError):
        broken().search(vector, 10, everything)
    found = Retriever(broken(), LIMITS).retrieve(catalogue, query, encoded, everything, 5)
    assert found.degraded == ("retrieve:exact_search",)
    exact = Retriever(ExactSearch(catalogue.vectors), LIMITS)
    expected = exact.retrieve(catalogue, query, encoded, everything, 5)
    assert expected.degraded == ()
    assert found.rows.tolist() == expected.rows.tolist()


def test_rows_put_since_the_bundle_are_found_as_they_are_now(make_catalogue, flat, vector):
    catalogue = make_catalogue(ROWS + 2, DIM)  # the index holds the first 30,000 as the same seed gave them
    best = int(flat.search(vector, 1, np.ones(ROWS, dtype=np.bool_))[0])
    catalogue.vectors[:ROWS] = make_catalogue(ROWS, DIM).vectors
    catalogue.vectors[best] = -vector  # changed: the index still thinks it the nearest
    catalogue.vectors[ROWS] = 10 * vector  # new, and nearest of all
    catalogue.vectors[ROWS + 1] = -vector
    catalogue.fresh = np.array([best, ROWS, ROWS + 1])
    allowed = np.ones(ROWS + 2, dtype=np.bool_)
    found = nearest(catalogue, flat, vector, 50, allowed)
    assert found.tolist() == ExactSearch(catalogue.vectors).search(vector, 50, allowed).tolist()
    assert found[0] == ROWS
    assert best not in found
    allowed[ROWS] = False
    assert ROWS not in nearest(catalogue, flat, vector, 50, allowed)


def test_an_item_put_a_second_ago_is_filtered_and_found(
    flat, vector, make_catalogue, make_query, make_encoded
):
    """With the real catalogue: a view taken before the change lacks the item, one taken after has it."""
    made, columns = make_catalogue(ROWS, DIM), AttributeIndex()
    spec = FeatureSpec(timed=True, history_length=1, item_ids=Vocabulary(), actions=Vocabulary())
    before = Catalogue.of(spec, (), made.items, (made.vectors, made.text, made.statistics))
    query = make_query(predicate=Not(Compare("colour", Operator.EQ, "blue")))
    assert allowed_rows(before, query, columns).all()
    row = ItemRow(10 * vector, np.zeros(0, dtype=np.float32))
    after = before.with_item(Item("new", {"colour": "red"}), row)
    after = after.with_item(Item("blue", {"colour": "blue"}), row)
    allowed = allowed_rows(after, query, columns)
    assert (len(allowed), allowed[ROWS], allowed[ROWS + 1]) == (ROWS + 2, True, False)
    encoded = make_encoded(vector)
    assert Retriever(flat).retrieve(after, query, encoded, allowed, None).rows[0] == ROWS
    old = Retriever(flat).retrieve(before, query, encoded, allowed_rows(before, query, columns), None)
    assert ROWS not in old.rows
    assert old.degraded == ()


def test_sources_by_hand(make_catalogue, make_query, make_encoded):
    """Ten items on a line; every source's own find is recorded, and the total is kept."""
    text = np.zeros((10, 2), dtype=np.float32)
    text[4], text[5], text[6] = (1, 0), (0.6, 0.8), (-1, 0)
    catalogue = make_catalogue(10, 2, text=text)
    catalogue.vectors[:] = np.stack([np.arange(10, 0, -1), np.arange(10), np.zeros(10)], axis=1)
    catalogue.statistics[[8, 9], 0] = 1, 2
    encoded = make_encoded(np.array([1, 0, 1], dtype=np.float32), np.array([1, 0], dtype=np.float32))
    limits = RetrievalLimits(total=6, popular=1, similar=1, query=2)
    retriever = Retriever(ExactSearch(catalogue.vectors), limits)
    found = retriever.retrieve(catalogue, make_query(), encoded, catalogue.available, 3)
    # neighbours 0..5; popular 9; like 3 is 2 (cosine .987 against .983 of 4); the query 4, then 5, and not 6.
    assert found.sources == ("neighbours", "popular", "similar_to_last_liked", "query")
    assert found.rows.tolist() == [0, 1, 2, 4, 5, 9]
    hits = {name: found.rows[mask].tolist() for name, mask in zip(found.sources, found.found_by, strict=True)}
    assert hits == {
        "neighbours": [0, 1, 2, 4, 5],
        "popular": [9],
        "similar_to_last_liked": [2],
        "query": [4, 5],
    }


def test_what_nobody_took_is_not_popular(make_catalogue, make_query, make_encoded):
    catalogue = make_catalogue(5, 2)
    encoded = make_encoded(np.ones(3, dtype=np.float32))
    retriever = Retriever(ExactSearch(catalogue.vectors))
    found = retriever.retrieve(catalogue, make_query(), encoded, catalogue.available, None)
    assert found.sources == ("neighbours", "popular")
    assert found.found_by.tolist() == [[True] * 5, [False] * 5]


def test_asked_for_rows_are_all_there_is(make_catalogue, make_query, make_encoded):
    catalogue = make_catalogue(6, 2)
    allowed = catalogue.available.copy()
    allowed[4] = False
    query = make_query(item_ids=("5", "unknown", "4", "0", "5"))
    encoded = make_encoded(np.ones(3, dtype=np.float32))
    found = Retriever(ExactSearch(catalogue.vectors)).retrieve(catalogue, query, encoded, allowed, 1)
    assert found.rows.tolist() == [5, 0]
    assert found.sources == (Source.ASKED,)
    assert found.found_by.tolist() == [[True, True]]


def test_a_user_that_is_not_finite_still_gets_a_list(catalogue, ivf, everything, make_query, make_encoded):
    encoded = make_encoded(np.full(DIM + 1, np.nan, dtype=np.float32))
    found = Retriever(ivf, LIMITS).retrieve(catalogue, make_query(), encoded, everything, None)
    assert len(found.rows) == 300


def test_shares_leave_room_for_the_neighbours():
    with pytest.raises(ValueError, match="leave some of the total to the neighbours"):
        RetrievalLimits(total=200, popular=50, similar=50, query=100)
