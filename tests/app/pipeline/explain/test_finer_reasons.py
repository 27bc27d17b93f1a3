"""Reasons of small influences: similar items, labels, the moment, variety, new items and words."""

from dataclasses import replace

import numpy as np
import pytest

from app.pipeline.explain.attribution import Attribution
from app.pipeline.explain.reasons import Code
from models.contract.catalogue import Item
from models.contract.events import Event
from models.contract.statistics import TOTAL
from models.ranking.rerank import Diversity
from tests.app.pipeline.explain.told_reasons import (
    LABELS,
    NOTHING,
    SEEN_DRAMA,
    K,
    Measured,
    asked_of,
    floats,
    fond_of,
    scored_of,
    told,
)


def test_a_small_influence_counts_where_the_items_are_similar(catalogue, make_query):
    """Of the two history items the second falls further, and only the first is similar to the second candidate."""
    events = [Event("4", "like", 0), Event("5", "like", 1)]
    drop = np.array([[0.004, 0.004, 0.0005, 0.02], [0.006, 0.006, 0.0005, 0.004]], dtype=np.float32)
    similar = np.array([[False, True, True, False], [False, False, True, True]])
    evidence = Measured(Attribution(np.array([4, 5]), drop, similar=similar))
    codes, found = told(scored_of(next=[1] * K), catalogue, make_query(events), evidence)
    assert codes == [[Code.RANKED], [Code.LIKED], [Code.RANKED], [Code.LIKED]]
    assert [found[1][0].item_ids, found[3][0].item_ids] == [("4",), ("4",)]
    assert [found[1][0].strength, found[3][0].strength] == pytest.approx([0.004, 0.02])


def test_a_taste_is_what_the_score_loses_without_the_label(catalogue, make_query):
    fond_of(catalogue, *LABELS)
    drop = np.array([[0.05, 0.005, 0.4, 0.4], [0.07, 0.4, 0.4, 0.4]], dtype=np.float32)
    attribution = replace(NOTHING, labels=("Drama", "Comedy"), label_drop=drop)
    codes, found = told(scored_of(next=[1] * K), catalogue, make_query(SEEN_DRAMA), Measured(attribution))
    assert codes == [[Code.TASTE], [Code.RANKED], [Code.RANKED], [Code.RANKED]]
    assert found[0][0].text == "Fits your taste for Comedy" and found[0][0].strength == pytest.approx(0.07)
    query = make_query(SEEN_DRAMA, weights={"next": -1.0})
    codes, _ = told(scored_of(next=[-1] * K), catalogue, query, Measured(attribution))
    assert codes == [[Code.RANKED]] * K


def test_the_moment_in_next_is_a_reason_too(catalogue, make_query):
    scored = scored_of(next=[1] * K, daypart=[0.3, 0.1, 0.1, 0.1])
    query = make_query(weights={"next": 1.0, "daypart": 0.5})
    evidence = Measured(moment=floats(0.02, 0.005, 0.2, -0.2))
    codes, found = told(scored, catalogue, query, evidence)
    assert codes == [[Code.MOMENT], [Code.RANKED], [Code.MOMENT], [Code.RANKED]]
    assert [found[0][0].strength, found[2][0].strength] == pytest.approx([0.15, 0.2])


def test_for_variety_is_what_the_list_by_score_would_not_have(catalogue, make_query):
    scored = scored_of(next=[0.9, 0.8, 0.7, 0.695])
    query = make_query(diversity=Diversity("mmr", 0.5))
    codes, found = told(scored, catalogue, query, Measured(), order=(0, 2))
    assert codes == [[Code.RANKED], [Code.VARIETY]]
    assert found[1][0].strength == pytest.approx(0.1)
    assert (
        told(scored, catalogue, query, Measured(), order=(0, 1, 3))[0] == [[Code.RANKED]] * 3
    )  # given up: .005
    plain = make_query(diversity=Diversity("mmr", 0.0))
    assert told(scored, catalogue, plain, Measured(), order=(0, 2))[0] == [[Code.RANKED]] * 2


def test_less_known_is_what_the_list_without_debiasing_would_not_have(catalogue, make_query):
    catalogue.statistics[:K, TOTAL] = [0.2, 0.9, 0.8, 0.1]
    scored = scored_of(next=[0.9, 0.8, 0.7, 0.695])
    query, evidence = make_query(diversity=Diversity("mmr", 0.0)), Measured(undebiased=np.array([0, 1]))
    codes, found = told(scored, catalogue, query, evidence, order=(0, 2))
    assert codes == [[Code.RANKED], [Code.LESS_KNOWN]]
    assert found[1][0].strength == pytest.approx(0.1)
    drawn = Measured(undebiased=np.array([0, 1]), unexplored=np.array([0, 1]))
    assert Code.LESS_KNOWN not in told(scored, catalogue, query, drawn, order=(0, 2))[0][1]


@pytest.mark.parametrize(
    ("totals", "named"),
    [((0, 0.9, 0.8, 0.9), [2]), ((0.9, 0.8, 0.8, 0.9), []), ((0.1, 0.5, 0.2, 0.4), [2, 3])],
)
def test_less_known_is_said_of_less_popular_items_alone(catalogue, make_query, totals, named):
    """Items 2 and 3 are in the list, and item 1 no longer is."""
    catalogue.statistics[:K, TOTAL] = totals
    query, evidence = make_query(diversity=Diversity("mmr", 0.0)), Measured(undebiased=np.array([0, 1]))
    codes, _ = told(scored_of(next=[0.9, 0.8, 0.7, 0.695]), catalogue, query, evidence, order=(2, 0, 3))
    assert [row for row, told_of in zip((2, 0, 3), codes, strict=True) if Code.LESS_KNOWN in told_of] == named


def test_variety_is_given_up_in_debiased_relevance(catalogue, make_query):
    scored = scored_of(next=[0.9, 0.8, 0.7, 0.695])
    query = make_query(diversity=Diversity("mmr", 0.5))
    evidence = Measured(relevance=floats(0.2, 0.3, 0.7, 0.5))
    codes, found = told(scored, catalogue, query, evidence, order=(2, 0))
    assert codes == [[Code.RANKED], [Code.VARIETY]]
    assert found[1][0].strength == pytest.approx(0.3)  # the list by relevance is of rows 2 and 3


def test_a_new_item_is_like_what_the_user_wants(make_catalogue, make_query):
    """Rows 0 and 1 are new; the text of row 4 is near to that of row 0, and row 5 was turned down."""
    text = np.tile(floats(0, 1), (40, 1))
    text[0], text[4], text[5] = floats(1, 0), floats(0.8, 0.6), floats(1, 0)
    catalogue = make_catalogue([Item(str(row), {"title": f"Film {row}"}) for row in range(40)], 2, text=text)
    catalogue.statistics[2:, 1] = 1
    events = [Event("4", "like", 0), Event("5", "dislike", 1)]
    codes, found = told(scored_of(next=[1] * K), catalogue, make_query(events), Measured())
    assert codes[0] == [Code.NEW_LIKE, Code.NEW] and codes[2] == [Code.RANKED]
    assert found[0][0].text == "New, and similar to Film 4" and found[0][0].item_ids == ("4",)
    assert found[0][0].strength == pytest.approx(0.8)
    assert told(scored_of(next=[1] * K), catalogue, make_query(), Measured())[0][0] == [Code.NEW]


def test_without_texts_a_new_item_is_like_those_of_its_labels(catalogue, make_query):
    catalogue.statistics[:2] = 0
    fond_of(catalogue, {"Drama", "Comedy"}, {"War", "Comedy", "Drama"}, set(), set(), {"Drama"}, {"War"})
    events = [Event("4", "like", 0), Event("5", "like", 0)]
    codes, found = told(scored_of(next=[1] * K), catalogue, make_query(events), Measured())
    assert codes[:2] == [[Code.NEW_LIKE, Code.NEW], [Code.NEW]]
    assert found[0][0].item_ids == ("4",) and found[0][0].strength == pytest.approx(0.5)


def test_the_words_of_the_query_that_the_item_has_are_named(make_catalogue, make_query):
    catalogue, evidence = asked_of(make_catalogue, [0.9, *[0.0001] * 99], query="a Film by the sea, film")
    codes, found = told(scored_of(next=[1] * K), catalogue, make_query(text="a film"), evidence)
    assert codes[0] == [Code.QUERY] and found[0][0].text == "Matches your words: film"
