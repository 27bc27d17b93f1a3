"""Reasons: each code where its measurement says so, and nowhere else."""

from dataclasses import replace

import numpy as np
import pytest

from app.pipeline.explain.attribution import Attribution
from app.pipeline.explain.reasons import Code
from models.contract.catalogue import User, UserState
from models.contract.events import Event
from models.language.text_preference import TextPreference
from tests.app.pipeline.explain.told_reasons import (
    LABELS,
    NO_LABELS,
    PROBABLE,
    SEEN_DRAMA,
    K,
    Measured,
    asked_of,
    attribution_of,
    floats,
    fond_of,
    scored_of,
    texts_of,
    told,
)


def test_without_any_other_reason_the_strongest_head(catalogue, make_query):
    scored = scored_of(next=[0.5, 0.5, 0.5, 0.5], like=[0.4, 0.6, 0.4, 0.4])
    query = make_query(weights={"next": 1.0, "like": 1.0})
    codes, found = told(scored, catalogue, query, Measured(), order=(1, 0))
    assert codes == [[Code.RANKED], [Code.RANKED]]
    assert found[0][0].text == "Ranked here mostly by 'like'"
    assert found[0][0].strength == pytest.approx(0.6)
    assert found[1][0].text == "Ranked here mostly by 'next'"


def test_only_a_head_with_a_weight_ranks_and_where_all_count_against_the_least_is_named(
    catalogue, make_query
):
    scored = scored_of(next=[-0.5, -0.1, 0.2, -0.3], like=[-0.2, -0.4, -0.2, -0.3])
    query = make_query(weights={"next": -1.0, "like": -0.5, "genre": 0.0})
    _, found = told(scored, catalogue, query, Measured())
    assert [reasons[0].text for reasons in found] == [
        "Ranked here as 'like' counts least against it",
        "Ranked here as 'next' counts least against it",
        "Ranked here mostly by 'next'",
        "Ranked here as 'next' counts least against it",
    ]
    assert [reasons[0].strength for reasons in found] == pytest.approx([-0.2, -0.1, 0.2, -0.3])


def test_because_you_liked_names_the_greatest_influence(catalogue, make_query):
    events = [Event("4", "like", 0), Event("5", "view", 1), Event("3", "like", 2)]
    drop = np.array([[0.3, 0.1, 0.001, 0], [0.2, 0.15, 0.0, -1], [0.02, 0, 0, 0.5]], dtype=np.float32)
    evidence = Measured(attribution_of(events, drop))
    codes, found = told(scored_of(next=[1, 1, 1, 1]), catalogue, make_query(events), evidence)
    assert codes == [[Code.LIKED], [Code.LIKED], [Code.RANKED], [Code.RANKED]]  # no item for itself
    assert found[0][0].text == "Because you liked Jaws"
    assert found[0][0].item_ids == ("4",)
    assert found[0][0].strength == pytest.approx(0.3)
    assert found[1][0].text == "Because of your interest in Up"


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([Event("4", "rate", 0, 4.0)], "Because you liked Jaws"),
        ([Event("4", "rate", 0, 3.0)], "Because of your interest in Jaws"),
        ([Event("4", "like", 0), Event("4", "rate", 1, 3.0)], "Because of your interest in Jaws"),
        ([Event("4", "like", 0), Event("4", "view", 1)], "Because you liked Jaws"),
        ([Event("4", "purchase", 0)], "Because of your interest in Jaws"),
    ],
)
def test_liked_is_said_only_of_what_the_user_said_they_like(catalogue, make_query, events, words):
    attribution = attribution_of(events[-1:], np.ones((1, K), dtype=np.float32))
    evidence = Measured(attribution)
    _, found = told(scored_of(next=[1] * K), catalogue, make_query(events), evidence)
    assert {reasons[0].text for reasons in found} == {words}


def test_no_event_speaks_for_an_item_where_no_weight_does(catalogue, make_query):
    events = [Event("4", "like", 0)]
    evidence = Measured(attribution_of(events, np.ones((1, K), dtype=np.float32)))
    query = make_query(events, weights={"next": -1.0})
    codes, _ = told(scored_of(next=[-1] * K), catalogue, query, evidence)
    assert codes == [[Code.RANKED]] * K


@pytest.mark.parametrize(
    "events",
    [
        [Event("4", "dislike", 0)],
        [Event("4", "skip", 0)],
        [Event("4", "rate", 0, 1.0)],
        [Event("4", "like", 0), Event("4", "dislike", 1)],
    ],
)
def test_what_the_user_turned_down_is_never_named(catalogue, make_query, events):
    attribution = attribution_of(events, np.ones((len(events), K), dtype=np.float32))
    evidence = Measured(attribution)
    codes, _ = told(scored_of(next=[1, 1, 1, 1]), catalogue, make_query(events), evidence)
    assert codes == [[Code.RANKED]] * K


def test_an_item_is_no_reason_for_itself(catalogue, make_query):
    events = [Event("2", "like", 0)]
    evidence = Measured(attribution_of(events, np.ones((1, K), dtype=np.float32)))
    codes, _ = told(scored_of(next=[1, 1, 1, 1]), catalogue, make_query(events), evidence)
    assert codes == [[Code.LIKED], [Code.LIKED], [Code.RANKED], [Code.LIKED]]


def test_popular_now_is_measured_against_the_bar(make_catalogue, make_query):
    catalogue = make_catalogue(100, 2)
    catalogue.statistics[:, 1] = 1
    catalogue.statistics[:, 0] = np.arange(100)[::-1]  # row 0 has 99, row 3 has 96; 5 % are above 94.05
    scored = scored_of(("neighbours", "popular"), [[True] * K, [True, True, False, True]], next=[1] * K)
    codes, found = told(scored, catalogue, make_query(), Measured())
    assert codes == [[Code.POPULAR], [Code.POPULAR], [Code.RANKED], [Code.POPULAR]]
    assert found[0][0].strength == pytest.approx((99 - 94.05) / 99)
    catalogue.statistics[3, 0] = 50
    codes, _ = told(scored, catalogue, make_query(), Measured())
    assert codes[3] == [Code.RANKED]


def test_matches_your_query_is_the_cosine_of_what_stands_out(make_catalogue, make_query):
    """Over the catalogue the mean is 0.016 and the deviation 0.098: near is what is above 0.31."""
    catalogue, evidence = asked_of(make_catalogue, [0.9, 0.35, 0.2, 0.1, *[0.0001] * 96], query="x")
    codes, found = told(scored_of(next=[1] * K), catalogue, make_query(text="x"), evidence)
    assert codes == [[Code.QUERY], [Code.QUERY], [Code.RANKED], [Code.RANKED]]
    assert [found[0][0].strength, found[1][0].strength] == pytest.approx([0.9, 0.35])
    assert found[0][0].text == "Matches what you asked for"
    unwanted = (TextPreference.of("y", floats(1, 0), catalogue.text),)
    evidence = evidence._replace(texts=replace(evidence.texts, unwanted=unwanted))
    codes, _ = told(scored_of(next=[1] * K), catalogue, make_query(text="x, not y"), evidence)
    assert codes == [[Code.RANKED]] * K


def test_what_the_profile_says_was_not_asked_for(make_catalogue, make_query):
    catalogue, evidence = asked_of(make_catalogue, [0.9, 0, 0, 0, *[0.0001] * 96], interests="robots")
    query = make_query(state=UserState("u", profile=User("u", interests="robots")))
    codes, found = told(scored_of(next=[1] * K), catalogue, query, evidence)
    assert codes == [[Code.INTERESTS], [Code.RANKED], [Code.RANKED], [Code.RANKED]]
    assert found[0][0].text == "Fits the interests in your profile"


def test_fits_your_taste_names_the_likeliest_label_that_the_history_shows(catalogue, make_query):
    """Comedy is likelier for the first, yet the user only ever took a drama; who is nobody has no taste."""
    fond_of(catalogue, *LABELS)
    evidence = Measured(label_values=PROBABLE)
    scored = scored_of(next=[0.1] * K, genre=[0.4, 0.3, 0.3, 0.0])
    weights = {"next": 1.0, "genre": 1.0}
    codes, found = told(scored, catalogue, make_query(SEEN_DRAMA, weights=weights), evidence)
    assert codes == [[Code.TASTE], [Code.TASTE], [Code.RANKED], [Code.RANKED]]
    assert [reasons[0].text for reasons in found[:2]] == ["Fits your taste for Drama"] * 2
    assert found[0][0].strength == pytest.approx(0.4 - 0.25)
    codes, _ = told(scored, catalogue, make_query(weights=weights), evidence)
    assert codes == [[Code.RANKED]] * K


@pytest.mark.parametrize(
    "events",
    [
        [],
        [Event("5", "view", 0)],
        [Event("4", "dislike", 0)],
        [Event("4", "view", 0), Event("5", "like", 1)],
        [Event("never", "like", 0)],
    ],
)
def test_no_taste_for_what_the_user_did_not_want(catalogue, make_query, events):
    fond_of(catalogue, *LABELS)
    scored = scored_of(next=[0.1] * K, genre=[0.4, 0.3, 0.3, 0.0])
    query = make_query(events, weights={"next": 1.0, "genre": 1.0})
    codes, _ = told(scored, catalogue, query, Measured(label_values=PROBABLE))
    assert codes == [[Code.RANKED]] * K


def test_a_head_that_counts_against_items_is_no_taste_and_no_moment(catalogue, make_query):
    fond_of(catalogue, *LABELS)
    scored = scored_of(genre=[-0.1, -0.5, -0.5, -0.5], daypart=[-0.1, -0.5, -0.5, -0.5])
    query = make_query(SEEN_DRAMA, weights={"genre": -1.0, "daypart": -1.0})
    codes, _ = told(scored, catalogue, query, Measured(label_values=PROBABLE))
    assert codes == [[Code.RANKED]] * K


def test_fits_the_moment_is_the_lift_over_the_candidates(catalogue, make_query):
    scored = scored_of(next=[1] * K, daypart=[0.3, 0.1, 0.1, 0.1])
    query = make_query(weights={"next": 1.0, "daypart": 0.5})
    codes, found = told(scored, catalogue, query, Measured(), order=(1, 0))
    assert codes == [[Code.RANKED], [Code.MOMENT]]
    assert found[1][0].strength == pytest.approx(0.3 - 0.15)


def test_new_here_has_no_statistics(catalogue, make_query):
    catalogue.statistics[2] = 0
    codes, found = told(scored_of(next=[1] * K), catalogue, make_query(), Measured())
    assert codes == [[Code.RANKED], [Code.RANKED], [Code.NEW], [Code.RANKED]]
    assert found[2][0].strength == 0


def test_at_most_three_the_strongest_first(make_catalogue, make_query):
    catalogue, _ = asked_of(make_catalogue, [0.9, *[0.0001] * 99])
    catalogue.statistics[0] = 0  # new, the fourth reason
    events = [Event("4", "like", 0)]
    attribution = attribution_of(events, np.array([[0.5, 0, 0, 0]], dtype=np.float32))
    scored = scored_of(next=[1] * K, daypart=[0.8, 0, 0, 0])
    query = make_query(events, weights={"next": 1.0, "daypart": 1.0})
    evidence = Measured(attribution, NO_LABELS, texts_of(catalogue.text, query="x"))
    codes, found = told(scored, catalogue, query, evidence)
    assert codes[0] == [Code.QUERY, Code.MOMENT, Code.LIKED]
    strengths = [reason.strength for reason in found[0]]
    assert strengths == sorted(strengths, reverse=True)


def test_an_empty_slate_has_no_reasons(catalogue, make_query):
    attribution = Attribution(np.array([4]), np.zeros((1, 0), dtype=np.float32))
    codes, _ = told(scored_of(), catalogue, make_query(), Measured(attribution), order=())
    assert codes == []
