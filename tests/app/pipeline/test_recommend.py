"""The request path as a whole, over a trained bundle."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from app.bundle.bundle import LoadedBundle
from app.pipeline.recommend import find_unknown_ids, recommend
from app.pipeline.scoring.groups import ScoreRequest, score_requests
from app.pipeline.types import Query, Slate
from models.contract.predicate import Compare, Operator
from models.ranking.category_run import limit_runs
from models.ranking.registry import RERANKERS
from models.ranking.rerank import CATEGORY_CAP, Diversity

NOW = 1.701e9


@pytest.fixture
def query(learnt: LoadedBundle, make_query: Callable[..., Query]) -> Query:
    return make_query(now=NOW, state=learnt.known_users.state("u6"))


def shown(bundle: LoadedBundle, slate: Slate) -> list[str]:
    return [bundle.catalogue.ids[row] for row in slate.scored.candidates.rows[slate.order]]


def test_a_slate_is_full_distinct_and_unseen(learnt: LoadedBundle, query: Query) -> None:
    for method in RERANKERS:
        slate = recommend(learnt, replace(query, limit=25, diversity=Diversity(method, 0.5), explain=True))
        found = shown(learnt, slate)
        assert len(set(found)) == 25 and slate.degraded == ()
        assert not set(found) & {event.item_id for event in query.state.events}
        assert len(slate.reasons) == 25 and all(slate.reasons)
        assert set(slate.took_ms) == {"encode", "retrieve", "score", "rerank", "explain"}
        parts = np.sum(list(slate.scored.contributions.values()), axis=0)
        np.testing.assert_allclose(parts, slate.scored.score, atol=1e-6)


def test_a_small_catalogue_is_scored_whole_so_the_best_is_the_best(
    learnt: LoadedBundle, query: Query
) -> None:
    every = score_requests(learnt, [ScoreRequest(query.state, tuple(learnt.catalogue.ids), {}, NOW)])[0]
    chances = every.values["next"]
    seen = learnt.rows([event.item_id for event in query.state.events])
    chances[seen] = -1
    best = [learnt.catalogue.ids[row] for row in np.argsort(-chances)[:10]]
    assert shown(learnt, recommend(learnt, query)) == best


def test_a_ranking_is_of_exactly_these(learnt: LoadedBundle, query: Query) -> None:
    asked = ("i3", "never", query.state.events[0].item_id, "i9", "never")
    slate = recommend(learnt, replace(query, item_ids=asked))
    assert sorted(shown(learnt, slate)) == sorted({*asked} - {"never"})
    assert slate.unknown == find_unknown_ids(learnt, replace(query, item_ids=asked)) == ("never",)


def test_nothing_that_passes_gives_an_empty_slate(learnt: LoadedBundle, query: Query) -> None:
    none = Compare("year", Operator.GT, 3000.0)
    slate = recommend(learnt, replace(query, predicate=none, explain=True))
    assert len(slate.order) == 0 and slate.reasons == () and slate.degraded == ()


def test_pairs_are_scored_in_the_order_given(learnt: LoadedBundle, query: Query) -> None:
    asked = ("i70", "i2", "i35")
    forth = score_requests(learnt, [ScoreRequest(query.state, asked, {}, NOW)])[0]
    back = score_requests(learnt, [ScoreRequest(query.state, asked[::-1], {}, NOW)])[0]
    np.testing.assert_allclose(forth.score, back.score[::-1], atol=1e-6)


@pytest.mark.parametrize("head", ["like", "rating"])
def test_one_head_without_next_is_ranked_over_the_whole_catalogue(
    learnt: LoadedBundle, query: Query, head: str
) -> None:
    narrow = replace(learnt, candidates=20)
    alone = replace(query, limit=5, weights={head: 1.0}, diversity=Diversity("none"))
    slate = recommend(narrow, alone)
    values = slate.scored.values[head]
    assert len(values) == slate.scored.candidates.allowed > 20
    assert values[slate.order].tolist() == sorted(values.tolist(), reverse=True)[:5]


def test_a_cap_looks_past_the_nearest_items_and_says_where_it_cannot_hold(
    learnt: LoadedBundle, query: Query
) -> None:
    """The nearest four items do not have four labels; the catalogue has."""
    bundle = replace(learnt, candidates=4)
    labels = set().union(*learnt.catalogue.labels)
    capped = Diversity("none", max_per_category=1)
    slate = recommend(bundle, replace(query, limit=len(labels), diversity=capped))
    rows = slate.scored.candidates.rows[slate.order].tolist()
    assert sorted(label for row in rows for label in bundle.catalogue.labels[row]) == sorted(labels)
    assert slate.degraded == ()
    slate = recommend(bundle, replace(query, limit=len(labels) + 1, diversity=capped))
    assert len(slate.order) == len(labels) + 1
    assert slate.degraded == (CATEGORY_CAP,)


def test_a_limit_of_runs_looks_past_the_nearest_items(learnt: LoadedBundle, query: Query) -> None:
    """No order of the nearest four items keeps them apart: a wider search finds what does."""
    unlimited = recommend(replace(learnt, candidates=4), replace(query, limit=4, diversity=Diversity("none")))
    nearest = [learnt.catalogue.labels[row] for row in unlimited.scored.candidates.rows.tolist()]
    assert not any(limit_runs(order, 1, 4)[1] for order in itertools.permutations(nearest))
    limited = replace(query, limit=4, diversity=Diversity("none", max_consecutive=1))
    slate = recommend(replace(learnt, candidates=4), limited)
    rows = slate.scored.candidates.rows[slate.order].tolist()
    labels = [learnt.catalogue.labels[row] for row in rows]
    assert all(first.isdisjoint(second) for first, second in itertools.pairwise(labels))
    assert slate.degraded == ()
