"""Reasons: each code where its measurement says so, and nowhere else."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

from app.pipeline.explain.attribution import Attribution
from app.pipeline.explain.evidence import Evidence
from app.pipeline.explain.reasons import Code, find_reasons
from app.pipeline.types import Candidates, Scored, UserEvents
from app.pipeline.user_features import build_columns
from models.contract.catalogue import Item, User, UserState
from models.contract.events import Event
from models.contract.feedback import read_feedback
from models.contract.tasks import Head, Task
from models.language.text_preference import TextPreference, TextPreferences
from models.ranking.rerank import Diversity

HEADS = (
    Head(task=Task(name="like", kind="binary", label="value >= 4")),
    Head(task=Task(name="genre", kind="multilabel", label="item.genres"), classes=("Comedy", "Drama")),
    Head(task=Task(name="daypart", kind="context", label="time.daypart"), classes=("night", "morning")),
)
NOTHING = Attribution(np.zeros(0, dtype=np.int64), np.zeros((0, 4), dtype=np.float32))
K = 4
NO_LABELS = {"genre": np.zeros((K, 2), dtype=np.float32)}
NO_TEXTS = TextPreferences(None, None, (), None, np.zeros(2, dtype=np.float32))


class Measured(NamedTuple):
    """What is measured beside the scores."""

    attribution: Attribution = NOTHING
    label_values: Mapping[str, np.ndarray] = NO_LABELS
    texts: TextPreferences = NO_TEXTS
    moment: np.ndarray | None = None


def floats(*given):
    return np.array(given, dtype=np.float32)


@pytest.fixture
def catalogue(make_catalogue):
    """Rows 0-3 are the candidates, 4 and 5 history; everything was taken a little, so nothing is new."""
    titles = ["Heat", "Alien", "Big", "Clue", "Jaws", "Up"]
    made = make_catalogue([Item(str(row), {"title": title}) for row, title in enumerate(titles)], 2)
    made.statistics[:, 1] = 1
    return made


def scored_of(sources=("neighbours",), from_source=None, **contributions):
    parts = {name: np.zeros(K, dtype=np.float32) for name in ("next", "like", "genre", "daypart")}
    parts |= {name: floats(*given) for name, given in contributions.items()}
    hits = np.ones((len(sources), K), dtype=np.bool_) if from_source is None else np.array(from_source)
    candidates = Candidates(np.arange(K), tuple(sources), hits, K)
    return Scored(candidates, parts, parts, np.sum(list(parts.values()), axis=0))


def told(scored, catalogue, query, measured, order=(0, 1, 2, 3)):
    columns = build_columns(catalogue, [query.state.events])
    evidence = Evidence(
        scored=scored,
        order=np.array(order, dtype=np.int64),
        query=query,
        catalogue=catalogue,
        heads=HEADS,
        attribution=measured.attribution,
        label_values=measured.label_values,
        texts=measured.texts,
        events=UserEvents(columns, read_feedback(columns, (1.0, 5.0))),
        moment=measured.moment,
    )
    found = find_reasons(evidence)
    return [[reason.code for reason in reasons] for reasons in found], found


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


def attribution_of(events, drop):
    return Attribution(np.array([int(event.item_id) for event in events]), drop)


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


def asked_of(make_catalogue, cosines, **texts):
    """A catalogue of titles "0", "1" and so on, whose cosine with the text (1, 0) is as given; and the evidence."""
    text = np.array([[cosine, np.sqrt(1 - cosine**2)] for cosine in cosines], dtype=np.float32)
    items = [Item(str(row), {"title": f"Film {row}"}) for row in range(len(cosines))]
    catalogue = make_catalogue(items, 2, text=text)
    catalogue.statistics[:, 1] = 1
    return catalogue, Measured(texts=texts_of(text, **texts))


def texts_of(text, **words):
    """Preferences whose texts all have the vector (1, 0)."""
    preferences = {name: TextPreference.of(wanted, floats(1, 0), text) for name, wanted in words.items()}
    return replace(NO_TEXTS, **preferences)


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


def fond_of(catalogue, *labels):
    catalogue.labels = [*(frozenset(own) for own in labels), *[frozenset()] * (6 - len(labels))]


LABELS = ({"Drama", "Comedy"}, {"Drama"}, {"War"}, set(), {"Drama"})
PROBABLE = {"genre": np.array([[0.7, 0.2], [0.1, 0.9], [0.1, 0.9], [0.5, 0.5]], dtype=np.float32)}
SEEN_DRAMA = [Event("4", "view", 0)]


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


def test_an_empty_slate_has_no_reasons(catalogue, make_query):
    attribution = Attribution(np.array([4]), np.zeros((1, 0), dtype=np.float32))
    codes, _ = told(scored_of(), catalogue, make_query(), Measured(attribution), order=())
    assert codes == []
