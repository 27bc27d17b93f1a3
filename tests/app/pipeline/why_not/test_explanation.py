"""Why, and why not: the verdict on every item of a catalogue agrees with the list, and names what would change it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.bundle.bundle import LoadedBundle
from app.pipeline.recommend import answer_trace, recommend, trace_list
from app.pipeline.stage_clock import StageClock
from app.pipeline.types import Query
from app.pipeline.why_not.explanation import explain_item, judge_item
from app.pipeline.why_not.verdict import Need, Rule, Stage, Verdict
from models.contract.events import Event
from models.contract.predicate import All, AnyOf, Compare, Not, Operator
from models.ranking.popularity_debias import Debias
from models.ranking.rerank import Diversity

NOW = 1.701e9
LATE = Compare("year", Operator.GTE, 1990.0)
GENRE = Compare("genres", Operator.HAS_ANY, ("romance", "comedy"))
PLAIN = {"diversity": Diversity("none")}
REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "plain": PLAIN,
    "seen allowed": {**PLAIN, "exclude_seen": False},
    "mmr": {"diversity": Diversity("mmr", 0.6)},
    "dpp": {"diversity": Diversity("dpp", 0.7)},
    "capped": {"diversity": Diversity("mmr", 0.2, max_per_category=2)},
    "runs": {"diversity": Diversity("mmr", 0.2, max_consecutive=1)},
    "capped runs": {"diversity": Diversity("none", 0.0, max_per_category=3, max_consecutive=1)},
    "debiased": {"diversity": Diversity("mmr", 0.2, debias=Debias(0.6))},
    "diverse and debiased": {"diversity": Diversity("mmr", 0.6, debias=Debias(0.6))},
    "capped and debiased": {"diversity": Diversity("none", 0.0, max_per_category=2, debias=Debias(0.6))},
    "debiased runs": {"diversity": Diversity("none", 0.0, max_consecutive=1, debias=Debias(0.6))},
    "filter": {**PLAIN, "predicate": All((LATE, AnyOf((GENRE, Not(LATE)))))},
    "excluded": {**PLAIN, "excluded": frozenset({"i1", "i5", "i7"})},
    "one head": {"diversity": Diversity("mmr", 0.3), "weights": {"like": 1.0}},
    "against": {"diversity": Diversity("mmr", 0.3), "weights": {"next": -1.0, "like": 0.5}},
    "one item": {**PLAIN, "limit": 1},
    "none passes": {**PLAIN, "predicate": Compare("year", Operator.GT, 3000.0)},
}


@pytest.fixture(scope="module", params=[100, 20], ids=["wide", "narrow"])
def bundle(learnt: LoadedBundle, request: pytest.FixtureRequest) -> LoadedBundle:
    """The shop, with candidates for its whole catalogue, or for a quarter of it."""
    return replace(learnt, candidates=request.param)


def judge_all(bundle: LoadedBundle, query: Query, item_ids: Sequence[str]) -> dict[str, Verdict]:
    """The verdicts on items over one list."""
    clock = StageClock()
    trace = trace_list(bundle, query, clock)
    slate = answer_trace(bundle, trace, clock)
    return {name: judge_item(bundle, trace, slate, name) for name in item_ids}


def ask(bundle: LoadedBundle, make_query: Callable[..., Query], name: str) -> Query:
    return make_query(now=NOW, state=bundle.known_users.state("u6"), **{"limit": 8, **REQUESTS[name]})


def list_ids(bundle: LoadedBundle, query: Query) -> list[str]:
    slate = recommend(bundle, query)
    return [bundle.catalogue.ids[row] for row in slate.scored.candidates.rows[slate.order]]


@pytest.mark.parametrize("name", REQUESTS)
def test_an_item_is_recommended_exactly_if_it_is_in_the_list(
    bundle: LoadedBundle, make_query: Callable[..., Query], name: str
) -> None:
    query = replace(ask(bundle, make_query, name), explain=True)
    slate = recommend(bundle, query)
    shown = list_ids(bundle, query)
    for item_id, verdict in judge_all(bundle, query, [*bundle.catalogue.ids, "never"]).items():
        if item_id in shown:
            place = shown.index(item_id)
            assert (verdict.rank, verdict.stop, verdict.needs) == (place + 1, None, ())
            assert verdict.reasons == slate.reasons[place] and verdict.sources
            assert verdict.score == pytest.approx(float(slate.scored.score[slate.order[place]]))
        else:
            assert verdict.rank is None and verdict.stop is not None and verdict.reasons == ()
        assert set(verdict.values) == (set() if item_id == "never" else set(bundle.heads))
        assert sum(verdict.contributions.values()) == pytest.approx(verdict.score or 0.0, abs=1e-5)


@pytest.mark.parametrize("name", REQUESTS)
def test_the_item_is_in_the_list_of_the_request_with_what_it_would_need(
    bundle: LoadedBundle, make_query: Callable[..., Query], name: str
) -> None:
    """What bars an item from the candidates may be gone, and others still be better."""
    query = ask(bundle, make_query, name)
    some = bundle.catalogue.ids[::3] if query.diversity.has_limits else bundle.catalogue.ids
    lists: dict[tuple[Need, ...], list[str]] = {}
    found = 0
    for item_id, verdict in judge_all(bundle, query, some).items():
        if verdict.stop is None or verdict.stop.stage is not Stage.RERANK:
            continue
        for changes in verdict.needs:
            if changes not in lists:
                changed = query
                for need in changes:
                    changed = change(changed, need)
                lists[changes] = list_ids(bundle, changed)
            assert item_id in lists[changes]
            found += 1
    assert found > 0 or name == "none passes"


def change(query: Query, need: Need) -> Query:
    """The request with one change made."""
    match need.change:
        case "limit":
            assert isinstance(need.to, int)
            return replace(query, limit=need.to)
        case "diversity.strength":
            assert isinstance(need.to, float)
            return replace(query, diversity=replace(query.diversity, strength=need.to))
        case "diversity.max_per_category":
            return replace(query, diversity=replace(query.diversity, max_per_category=None))
        case "diversity.max_consecutive":
            return replace(query, diversity=replace(query.diversity, max_consecutive=None))
        case "popularity.debias":
            assert isinstance(need.to, float)
            return replace(query, diversity=replace(query.diversity, debias=Debias(need.to)))
    raise AssertionError(f"expected a change of the re-ranking, given {need.change}")


def judge(bundle: LoadedBundle, query: Query, item_id: str) -> Verdict:
    verdict = explain_item(bundle, query, item_id)
    assert verdict.stop is not None
    return verdict


def test_each_rule_of_the_filter_is_named_and_all_of_them_are_needed(
    learnt: LoadedBundle, make_query: Callable[..., Query]
) -> None:
    events = [Event("i3", "like", NOW - 60)]
    query = make_query(events, now=NOW, excluded=frozenset({"i3", "i4"}), predicate=All((LATE, Not(LATE))))
    verdict = judge(learnt, query, "i3")
    assert verdict.stop is not None and verdict.stop.stage is Stage.FILTER
    year = learnt.catalogue.item(int(learnt.rows(["i3"])[0])).attributes["year"]
    failing = "filter.all.0.year" if float(str(year)) < 1990 else "filter.all.1.not"
    assert verdict.needs == ((Need(failing), Need("exclude_ids"), Need("exclude_seen", to=False)),)
    assert verdict.stop.rule is Rule.FILTER


def test_an_unavailable_item_and_one_that_is_unknown(
    learnt: LoadedBundle, make_query: Callable[..., Query]
) -> None:
    available = learnt.catalogue.available
    available[9] = False
    try:
        assert judge(learnt, make_query(now=NOW), "i9").needs == ((Need("available", to=True),),)
    finally:
        available[9] = True
    verdict = judge(learnt, make_query(now=NOW), "never")
    assert verdict.stop is not None and (verdict.stop.stage, verdict.stop.rule) == (
        "catalogue",
        "unknown_item",
    )
    assert verdict.score is None and verdict.needs == ((Need("catalogue"),),)


def test_the_place_in_retrieval_is_that_by_next(
    learnt: LoadedBundle, make_query: Callable[..., Query]
) -> None:
    query = ask(learnt, make_query, "plain")
    slate = recommend(learnt, query)
    by_next = slate.scored.candidates.rows[np.argsort(-slate.scored.score)].tolist()
    found = 0
    for item_id, verdict in judge_all(replace(learnt, candidates=20), query, learnt.catalogue.ids).items():
        if verdict.stop is not None and verdict.stop.rule is Rule.NOT_RETRIEVED:
            place = verdict.stop.place
            assert place is not None and place.of == len(by_next)
            assert by_next[place.place - 1] == learnt.rows([item_id])[0]
            found += 1
    assert found > 20


def test_every_rule_of_the_rerank_is_found(learnt: LoadedBundle, make_query: Callable[..., Query]) -> None:
    rules: set[Rule] = set()
    for name in ("plain", "mmr", "capped", "runs"):
        for verdict in judge_all(learnt, ask(learnt, make_query, name), learnt.catalogue.ids[::2]).values():
            if verdict.stop is not None and verdict.stop.stage is Stage.RERANK:
                place = verdict.stop.place
                assert place is not None and (name != "plain" or place.place > 8)
                rules.add(verdict.stop.rule)
    assert rules == {Rule.CATEGORY_CAP, Rule.CATEGORY_RUN, Rule.DIVERSITY, Rule.SCORE}


@pytest.mark.parametrize("name", REQUESTS)
def test_the_score_is_blamed_only_for_an_item_that_the_list_by_score_lacks(
    learnt: LoadedBundle, make_query: Callable[..., Query], name: str
) -> None:
    query = ask(learnt, make_query, name)
    for verdict in judge_all(learnt, query, learnt.catalogue.ids).values():
        if verdict.stop is not None and verdict.stop.rule is Rule.SCORE:
            assert verdict.stop.place is not None and verdict.stop.place.place > query.limit


def test_the_verdict_of_a_request_has_its_stages(
    learnt: LoadedBundle, make_query: Callable[..., Query]
) -> None:
    query = ask(learnt, make_query, "mmr")
    first = list_ids(learnt, query)[0]
    verdict = explain_item(learnt, query, first)
    assert verdict.rank == 1 and verdict.reasons
    assert set(verdict.took_ms) == {"encode", "retrieve", "score", "rerank", "explain", "judge"}
