"""An item's attribution is what the score loses without its events."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from app.bundle.bundle import LoadedBundle
from app.pipeline.encoding import encode_user
from app.pipeline.explain.attribution import Attribution, leave_out, measure_attribution
from app.pipeline.explain.measured_items import (
    MEASURED_ITEMS,
    RECENT_ITEMS,
    SIMILAR,
    find_content_links,
    find_similar,
)
from app.pipeline.explain.terms import measure_moment, measure_term
from app.pipeline.query.text_query import read_plan
from app.pipeline.recommend import recommend, trace_list
from app.pipeline.scoring.groups import ScoreRequest, score_requests
from app.pipeline.stage_clock import StageClock
from app.pipeline.types import Query, Slate
from models.contract.catalogue import UserState
from models.contract.content_links import ContentLinks, ContentModel, ContentTable
from models.contract.events import Event, column_events
from models.contract.fusion import FusionMethod
from models.contract.recency import RecencyGains
from models.contract.tasks import NEXT

NOW = 1.701e9
EVENTS = tuple(
    Event(f"i{item}", action, 1.7e9 + 60 * place, value)
    for place, (item, action, value) in enumerate(
        [(0, "rate", 5.0), (9, "like", None), (0, "view", None), (22, "dislike", None), (40, "rate", 2.0)]
    )
)


@pytest.fixture
def query(learnt: LoadedBundle, make_query: Callable[..., Query]) -> Query:
    return make_query(EVENTS, now=NOW, weights=learnt.manifest.fusion.weights)


def scores(bundle: LoadedBundle, events: tuple[Event, ...], item_ids: tuple[str, ...]) -> np.ndarray:
    return score_requests(bundle, [ScoreRequest(UserState(events=events), item_ids, {}, NOW)])[0].score


def measured(bundle: LoadedBundle, query: Query, slate: Slate) -> Attribution:
    texts = read_plan(bundle, query.plan, query.state.profile)
    return measure_attribution(
        bundle, query, texts, encode_user(bundle, query.state, query.plan.direction), slate
    )


def test_a_drop_is_the_score_with_less_the_score_without(learnt: LoadedBundle, query: Query) -> None:
    slate = recommend(learnt, query)
    attribution = measured(learnt, query, slate)
    assert attribution.rows.tolist() == [0, 9, 22, 40]
    rows = slate.scored.candidates.rows[slate.order]
    shown = tuple(learnt.catalogue.ids[row] for row in rows)
    whole = scores(learnt, EVENTS, shown)
    np.testing.assert_allclose(whole, slate.scored.score[slate.order], atol=1e-5)
    for number, row in enumerate(attribution.rows.tolist()):
        without = tuple(event for event in EVENTS if event.item_id != f"i{row}")
        np.testing.assert_allclose(
            attribution.drop[number], whole - scores(learnt, without, shown), atol=1e-5
        )
    assert np.abs(attribution.drop).max() > 1e-3


def test_a_long_history_is_measured_at_its_end_and_where_it_is_nearest(
    learnt: LoadedBundle, query: Query
) -> None:
    history = tuple(Event(f"i{item}", "view", 1.7e9 + item) for item in range(20))
    asked = replace(query, state=UserState(events=history), item_ids=("i76", "i72"))
    slate = recommend(learnt, asked)
    attribution = measured(learnt, asked, slate)
    rows = slate.scored.candidates.rows[slate.order]
    cosine = (learnt.unit_vectors(np.arange(20)) @ learnt.unit_vectors(rows).T).max(axis=1)
    last = set(range(20 - RECENT_ITEMS, 20))
    nearest = [row for row in np.argsort(-cosine).tolist() if row not in last]
    chosen = last | set(nearest[: MEASURED_ITEMS - RECENT_ITEMS])
    assert set(attribution.rows.tolist()) == chosen and attribution.drop.shape == (MEASURED_ITEMS, 2)


def test_a_category_is_left_out_with_all_of_its_items(learnt: LoadedBundle, query: Query) -> None:
    slate = recommend(learnt, query)
    attribution = measured(learnt, query, slate)
    whole = slate.scored.score[slate.order]
    shown = tuple(learnt.catalogue.ids[row] for row in slate.scored.candidates.rows[slate.order])
    wanted = learnt.catalogue.labels[0] | learnt.catalogue.labels[9]
    assert attribution.labels and set(attribution.labels) <= wanted
    for number, label in enumerate(attribution.labels):
        rows = learnt.rows([event.item_id for event in EVENTS]).tolist()
        kept = [label not in learnt.catalogue.labels[row] for row in rows]
        without = tuple(event for event, keep in zip(EVENTS, kept, strict=True) if keep)
        assert 0 < len(without) < len(EVENTS)
        drop = whole - scores(learnt, without, shown)
        np.testing.assert_allclose(attribution.label_drop[number], drop, atol=1e-5)


@pytest.mark.parametrize("method", list(FusionMethod))
def test_next_alone_is_measured_as_with_all_heads(
    learnt: LoadedBundle, query: Query, method: FusionMethod
) -> None:
    """The network scores no pair for a weight of 0, and every pair for one just above it."""
    fusion = learnt.manifest.fusion.model_copy(update={"method": method})
    bundle = replace(learnt, manifest=learnt.manifest.model_copy(update={"fusion": fusion}))
    alone = replace(query, weights={NEXT: 1.0, "like": 0.0})
    slate = recommend(bundle, alone)
    fast = measured(bundle, alone, slate)
    slow = measured(bundle, replace(alone, weights={NEXT: 1.0, "like": 1e-9}), slate)
    np.testing.assert_allclose(fast.drop, slow.drop, atol=1e-5)


def test_linked_items_count_as_similar(learnt: LoadedBundle) -> None:
    assert learnt.links is not None
    table = learnt.links.tables.regression
    every = np.arange(len(learnt.catalogue))
    near = learnt.unit_vectors(every) @ learnt.unit_vectors(every).T >= SIMILAR
    np.testing.assert_array_equal(find_similar(replace(learnt, links=None), every, every), near)
    similar = find_similar(learnt, every, every)
    assert (similar >= near).all()
    for row in every[: len(table.rows)].tolist():
        assert similar[row, table.rows[row][table.weights[row] > 0]].all()


def test_a_content_link_leads_from_the_history_to_an_item_without_events() -> None:
    """Items 7 and 9 have none: 1 and 2 link to 7, and 2 to 9, whose other source has no weight."""
    table = ContentTable(
        np.array([9, 7]),
        np.array([[2, 0], [1, 2]], dtype=np.int32),
        np.array([[0.5, 0.0], [0.1, 0.2]], dtype=np.float32),
    )
    linked = find_content_links(table, np.array([0, 1, 2]), np.array([7, 3, 9]))
    assert linked.tolist() == [[False] * 3, [True, False, False], [True, False, True]]


def test_a_put_item_counts_as_similar_to_what_links_to_it(learnt: LoadedBundle) -> None:
    assert learnt.links is not None
    every = np.arange(len(learnt.catalogue))
    before = find_similar(learnt, every, every)
    row, last = np.argwhere(~before)[0]
    model = ContentModel(*(None for _ in ContentModel._fields))  # only the table is read
    table = ContentTable(np.array([last]), np.array([[row]], dtype=np.int32), np.ones((1, 1), np.float32))
    content = ContentLinks(model, table, table)
    after = find_similar(replace(learnt, links=replace(learnt.links, content=content)), every, every)
    assert np.argwhere(after != before).tolist() == [[row, last]]


def test_the_part_of_the_moment_is_what_its_context_adds_over_the_other_candidates(
    learnt: LoadedBundle, query: Query
) -> None:
    trace = trace_list(learnt, replace(query, weights={NEXT: 1.0}), StageClock())
    assert trace.encoded.moment is None or np.isfinite(trace.encoded.moment).all()
    rows = trace.scored.candidates.rows
    term = np.linspace(-1, 1, len(rows), dtype=np.float32)
    part = measure_term(learnt, trace, term)
    assert (np.diff(part) > 0).all() and part[0] < 0 < part[-1]
    assert measure_moment(learnt, replace(trace, query=replace(query, weights={NEXT: -1.0}))) is None


def test_events_about_unknown_items_are_not_measured(learnt: LoadedBundle, query: Query) -> None:
    asked = replace(query, state=UserState(events=(Event("never", "view", 1.7e9),)))
    attribution = measured(learnt, asked, recommend(learnt, asked))
    assert attribution.rows.tolist() == [] and attribution.drop.shape == (0, 10)


def test_each_item_is_left_out_in_turn() -> None:
    events = column_events([[Event(item, "view", at) for at, item in enumerate("1213")]], int)
    left = leave_out(events, np.array([1, 3]))
    assert left.offsets.tolist() == [0, 2, 5]
    assert left.items.tolist() == [2, 3, 1, 2, 1] and left.times.tolist() == [1, 3, 0, 1, 2]
    assert len(leave_out(events, np.zeros(0, dtype=np.int64))) == 0


def test_without_its_newest_event_a_session_does_not_become_a_return(
    learnt: LoadedBundle, make_query: Callable[..., Query]
) -> None:
    """Recent popularity has a weight for who returns alone: no drop of a fresh event may hold it."""
    events = (Event("i0", "rate", NOW - 9e6, 5.0), Event("i9", "like", NOW - 60.0))
    plain = measured_with(learnt, events, make_query, returning=0.0)
    heavy = measured_with(learnt, events, make_query, returning=50.0)
    np.testing.assert_allclose(plain.drop, heavy.drop, atol=1e-5)


def measured_with(
    bundle: LoadedBundle, events: tuple[Event, ...], make_query: Callable[..., Query], returning: float
) -> Attribution:
    recency = RecencyGains(in_session=0.0, returning=returning)
    bundle = replace(bundle, manifest=bundle.manifest.model_copy(update={"recency": recency}))
    query = make_query(events, now=NOW, weights={NEXT: 1.0})
    return measured(bundle, query, recommend(bundle, query))
