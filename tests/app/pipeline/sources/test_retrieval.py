"""Candidates over an index of 30,000 rows: enough that the index itself is asked."""

from dataclasses import replace
from fractions import Fraction

import faiss
import numpy as np
import pytest

from app.bundle.attribute_index import AttributeIndex
from app.bundle.catalogue import Catalogue
from app.bundle.item_columns import ItemRow
from app.bundle.vector_index import FEW_ROWS, ExactSearch, FaissSearch
from app.pipeline.filtering import filter_rows
from app.pipeline.sources.registry import choose_sources
from app.pipeline.sources.retrieval import retrieve
from app.pipeline.sources.source import RetrievalContext
from models.contract.catalogue import Item
from models.contract.feature_spec import FeatureSpec
from models.contract.predicate import Compare, Not, Operator
from models.contract.statistics import RECENT
from models.contract.user_vector import BIAS_COLUMNS, strip_bias
from models.contract.vocabulary import Vocabulary
from models.ranking.budget import Budget
from models.ranking.candidates import select_candidates, source_limits
from models.ranking.sources.source import RetrievalTable, Source

ROWS, DIM = 30_000, 8
BUDGET = Budget(300)


@pytest.fixture(scope="module")
def catalogue(make_catalogue):
    return make_catalogue(ROWS, DIM)


@pytest.fixture(scope="module")
def ivf(catalogue):
    index = faiss.index_factory(DIM + BIAS_COLUMNS, "IVF32,SQ8", faiss.METRIC_INNER_PRODUCT)
    index.train(catalogue.vectors)
    index.add(catalogue.vectors)
    faiss.extract_index_ivf(index).nprobe = 16
    return FaissSearch(index)


@pytest.fixture
def everything(catalogue):
    return np.ones(len(catalogue), dtype=np.bool_)


@pytest.fixture
def vector():
    return np.random.default_rng(1).standard_normal(DIM + BIAS_COLUMNS).astype(np.float32)


@pytest.fixture
def make_context(make_query, make_encoded):
    """A request by a user's vector over a catalogue, by exact search unless an index is given."""

    def make(catalogue, vector, allowed, index=None, text=None, **changes):
        context = RetrievalContext(
            catalogue=catalogue,
            index=index or ExactSearch(catalogue.vectors),
            centre=np.zeros(catalogue.vectors.shape[1] - BIAS_COLUMNS, dtype=np.float32),
            query=make_query(),
            encoded=make_encoded(vector, text),
            allowed=allowed,
            liked_row=None,
        )
        return replace(context, **changes)

    return make


def untrained():
    index = faiss.index_factory(DIM + BIAS_COLUMNS, "IVF32,Flat", faiss.METRIC_INNER_PRODUCT)
    index.ntotal = ROWS  # claims the rows, and fails when it is asked
    return FaissSearch(index)


@pytest.mark.parametrize("share", [0.01, 0.7])
def test_a_selective_filter_still_fills_the_list(catalogue, ivf, vector, make_context, share):
    allowed = np.asarray(np.random.default_rng(3).random(ROWS) < share)
    assert (np.count_nonzero(allowed) > FEW_ROWS) == (share == 0.7)
    candidates = retrieve(make_context(catalogue, vector, allowed, ivf, liked_row=5), BUDGET)
    assert candidates.allowed == np.count_nonzero(allowed)
    assert len(candidates.rows) == len(set(candidates.rows.tolist())) == min(300, candidates.allowed)
    assert allowed[candidates.rows].all()


def test_fewer_allowed_than_asked_gives_them_all(catalogue, ivf, vector, make_context):
    allowed = np.zeros(ROWS, dtype=np.bool_)
    allowed[[7, 11, 29_999]] = True
    candidates = retrieve(make_context(catalogue, vector, allowed, ivf), BUDGET)
    assert sorted(candidates.rows.tolist()) == [7, 11, 29_999]
    none = retrieve(make_context(catalogue, vector, np.zeros_like(allowed), ivf), BUDGET)
    assert none.rows.shape == (0,)
    assert none.from_source.shape == (2, 0)


def test_a_broken_index_degrades_to_exact_search(catalogue, vector, everything, make_context):
    degraded = retrieve(make_context(catalogue, vector, everything, untrained(), liked_row=5), BUDGET)
    assert degraded.degraded == ("retrieve:exact_search",)
    exact = retrieve(make_context(catalogue, vector, everything, liked_row=5), BUDGET)
    assert exact.degraded == ()
    assert degraded.rows.tolist() == exact.rows.tolist()


def test_an_item_put_a_second_ago_is_filtered_and_found(
    ivf, vector, make_catalogue, make_query, make_context
):
    """With the real catalogue: a view taken before the change lacks the item, one taken after has it."""
    made, columns = make_catalogue(ROWS, DIM), AttributeIndex()
    spec = FeatureSpec(timed=True, history_length=1, item_ids=Vocabulary(), actions=Vocabulary())
    before = Catalogue.of(spec, (), made.items, (made.vectors, made.text, made.statistics))
    query = make_query(predicate=Not(Compare("colour", Operator.EQ, "blue")))
    assert filter_rows(before, query, columns).all()
    row = ItemRow(10 * vector, np.zeros(0, dtype=np.float32))
    after = before.with_item(Item("new", {"colour": "red"}), row)
    after = after.with_item(Item("blue", {"colour": "blue"}), row)
    allowed = filter_rows(after, query, columns)
    assert (len(allowed), allowed[ROWS], allowed[ROWS + 1]) == (ROWS + 2, True, False)
    assert retrieve(make_context(after, vector, allowed, ivf), BUDGET).rows[0] == ROWS
    old = retrieve(make_context(before, vector, filter_rows(before, query, columns), ivf), BUDGET)
    assert ROWS not in old.rows
    assert old.degraded == ()


def test_sources_by_hand(make_catalogue, make_context):
    """Ten items on a line; each source's rows are recorded, and the total is kept."""
    text = np.zeros((10, 2), dtype=np.float32)
    text[4], text[5], text[6] = (1, 0), (0.6, 0.8), (-1, 0)
    catalogue = make_catalogue(10, 2, text=text)
    catalogue.vectors[:] = np.stack([np.arange(10, 0, -1), np.arange(10), np.zeros(10), np.zeros(10)], axis=1)
    catalogue.statistics[[8, 9], 0] = 1, 2
    vector, query_text = np.array([1, 0, 1, 1], dtype=np.float32), np.array([1, 0], dtype=np.float32)
    context = make_context(catalogue, vector, catalogue.available, text=query_text, liked_row=3)
    # Of 6 candidates: 1 popular, 1 similar, 2 near to the text. Neighbours 0..5; popular 9; like 3 is 2
    # (cosine .987 against .983 of 4); the text 4, then 5, and not 6.
    candidates = retrieve(context, Budget(6))
    assert candidates.sources == ("neighbours", "popular", "similar_to_last_liked", "query")
    assert candidates.rows.tolist() == [0, 1, 2, 4, 5, 9]
    rows_of = {
        name: candidates.rows[mask].tolist()
        for name, mask in zip(candidates.sources, candidates.from_source, strict=True)
    }
    assert rows_of == {
        "neighbours": [0, 1, 2, 4, 5],
        "popular": [9],
        "similar_to_last_liked": [2],
        "query": [4, 5],
    }


def test_an_item_without_interactions_is_not_popular(make_catalogue, make_context):
    catalogue = make_catalogue(5, 2)
    candidates = retrieve(
        make_context(catalogue, np.ones(2 + BIAS_COLUMNS, dtype=np.float32), catalogue.available), BUDGET
    )
    assert candidates.sources == ("neighbours", "popular")
    assert candidates.from_source.tolist() == [[True] * 5, [False] * 5]


def test_a_request_that_names_items_gets_only_these(make_catalogue, make_query, make_context):
    catalogue = make_catalogue(6, 2)
    allowed = catalogue.available.copy()
    allowed[4] = False
    query = make_query(item_ids=("5", "unknown", "4", "0", "5"))
    context = make_context(
        catalogue, np.ones(2 + BIAS_COLUMNS, dtype=np.float32), allowed, query=query, liked_row=1
    )
    candidates = retrieve(context, Budget(300, wide=True))
    assert candidates.rows.tolist() == [5, 0]
    assert candidates.sources == ("asked",)
    assert candidates.from_source.tolist() == [[True, True]]


def test_a_user_that_is_not_finite_still_gets_a_list(catalogue, ivf, everything, make_context):
    nowhere = np.full(DIM + BIAS_COLUMNS, np.nan, dtype=np.float32)
    assert len(retrieve(make_context(catalogue, nowhere, everything, ivf), BUDGET).rows) == 300


@pytest.mark.parametrize("seed", range(40))
def test_the_offline_selection_is_the_services(make_catalogue, make_context, seed):
    """select_candidates gives the rows of `retrieve` in their order: with ties, few allowed, a wide search."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 400))
    catalogue = make_catalogue(n, 4, seed=seed)
    if seed % 2:  # small whole numbers: many equal scores
        catalogue.vectors[:] = rng.integers(-2, 3, catalogue.vectors.shape)
    catalogue.statistics[:, RECENT] = rng.integers(0, 4, n)
    allowed = rng.random(n) < rng.choice([0.1, 0.6, 1.0])
    vector = rng.integers(-2, 3, 6).astype(np.float32)
    centre = strip_bias(catalogue.vectors).mean(axis=0)
    liked_row = None if seed % 5 == 0 else int(rng.integers(n))
    budget = Budget(int(rng.integers(1, 150)), wide=seed % 7 == 0)
    context = make_context(catalogue, vector, allowed, centre=centre, liked_row=liked_row)
    items = RetrievalTable(catalogue.vectors, centre, catalogue.statistics)
    offline = select_candidates(items, vector, allowed, liked_row, budget)
    assert offline.tolist() == retrieve(context, budget).rows.tolist()
    assert len(offline) == min(budget.total, np.count_nonzero(allowed))


def test_shares_leave_room_for_the_neighbours(make_query):
    sources = choose_sources(make_query())
    assert source_limits(sources, BUDGET) == [300, 50, 50, 75, 100, 7]
    greedy = Source("greedy", lambda _context, _k: None, Fraction(1, 3))
    with pytest.raises(ValueError, match="leave some of 300 candidates to the neighbours, given 382"):
        source_limits([*sources, greedy], BUDGET)
