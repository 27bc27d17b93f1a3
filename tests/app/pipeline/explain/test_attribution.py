"""What an event did to the answer is what the answer loses without it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from app.bundle.bundle import LoadedBundle
from app.pipeline.encoding import encode_user
from app.pipeline.explain.attribution import MEASURED_EVENTS, measure_influence
from app.pipeline.explain.explanation import Influence
from app.pipeline.query.text_query import read_request
from app.pipeline.recommend import recommend
from app.pipeline.scoring.pairs import Pairs, score_pairs
from app.pipeline.types import Query, Slate
from models.contract.catalogue import UserState
from models.contract.events import Event

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
    return score_pairs(bundle, [Pairs(UserState(events=events), item_ids, {}, NOW)])[0].score


def measured(bundle: LoadedBundle, query: Query, slate: Slate) -> Influence:
    texts = read_request(bundle, query.text, query.state.profile)
    return measure_influence(bundle, query, texts, encode_user(bundle, query.state, query.text), slate)


def test_a_drop_is_the_score_with_less_the_score_without(learnt: LoadedBundle, query: Query) -> None:
    slate = recommend(learnt, query)
    found = measured(learnt, query, slate)
    assert sorted(found.item_ids) == ["i0", "i22", "i40", "i9"]
    rows = slate.scored.candidates.rows[slate.order]
    shown = tuple(learnt.catalogue.ids[row] for row in rows)
    whole = scores(learnt, EVENTS, shown)
    np.testing.assert_allclose(whole, slate.scored.score[slate.order], atol=1e-5)
    for place, item_id in enumerate(found.item_ids):
        assert learnt.catalogue.ids[found.rows[place]] == item_id
        without = tuple(event for event in EVENTS if event.item_id != item_id)
        np.testing.assert_allclose(found.drop[place], whole - scores(learnt, without, shown), atol=1e-5)
    assert np.abs(found.drop).max() > 1e-3


def test_a_long_history_is_measured_where_it_is_nearest(learnt: LoadedBundle, query: Query) -> None:
    history = tuple(Event(f"i{item}", "view", 1.7e9 + item) for item in range(20))
    asked = replace(query, state=UserState(events=history), item_ids=("i76", "i72"))
    slate = recommend(learnt, asked)
    found = measured(learnt, asked, slate)
    rows = slate.scored.candidates.rows[slate.order]
    cosine = (learnt.unit_vectors(np.arange(20)) @ learnt.unit_vectors(rows).T).max(axis=1)
    nearest = {f"i{row}" for row in np.argsort(-cosine)[:MEASURED_EVENTS]}
    assert set(found.item_ids) == nearest and found.drop.shape == (MEASURED_EVENTS, 2)


def test_events_about_unknown_items_are_not_measured(learnt: LoadedBundle, query: Query) -> None:
    asked = replace(query, state=UserState(events=(Event("never", "view", 1.7e9),)))
    found = measured(learnt, asked, recommend(learnt, asked))
    assert found.item_ids == () and found.drop.shape == (0, 10)
