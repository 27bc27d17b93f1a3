"""The listed sources; a toy one registered by one line shows up in a slate."""

from fractions import Fraction

import numpy as np
import pytest

from app.bundle.bundle import LoadedBundle
from app.pipeline.recommend import recommend
from app.pipeline.sources.registry import REQUEST_SOURCES, choose_sources
from models.ranking.sources.source import Source


def test_names_are_distinct_and_one_source_fills_the_room_of_the_others(make_query):
    sources = choose_sources(make_query())
    names = [source.name for source in sources]
    assert names == ["neighbours", "popular", "similar_to_last_liked", "linked", "query", "new"]
    assert [source.name for source in sources if source.share is None] == ["neighbours"]


def test_named_items_are_the_only_source_of_a_ranking(make_query):
    assert [source.name for source in choose_sources(make_query(item_ids=()))] == ["asked"]


def test_a_toy_source_shows_up_in_a_slate(learnt: LoadedBundle, make_query, monkeypatch: pytest.MonkeyPatch):
    query = make_query(now=1.701e9, state=learnt.known_users.state("u6"))
    before = recommend(learnt, query).scored.candidates
    toy = Source("last_row", lambda context, _k: np.flatnonzero(context.allowed)[-1:], Fraction(1, 100))
    monkeypatch.setattr("app.pipeline.sources.registry.REQUEST_SOURCES", [*REQUEST_SOURCES, toy])
    after = recommend(learnt, query).scored.candidates
    assert (before.sources, after.sources) == (before.sources, (*before.sources, "last_row"))
    assert after.rows[after.from_source[-1]].tolist() == [int(after.rows.max())]


def test_a_source_that_has_nothing_to_search_by_is_left_out(learnt: LoadedBundle, make_query):
    stranger = recommend(learnt, make_query()).scored.candidates
    assert stranger.sources == ("neighbours", "popular")
