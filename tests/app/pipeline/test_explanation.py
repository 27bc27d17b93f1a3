"""Reasons: each code where its measurement says so, and nowhere else."""

import numpy as np
import pytest

from app.pipeline.explanation import Code, Evidence, Influence, explain, title_of
from app.pipeline.types import Candidates, Scored
from models.contract.catalogue import Item
from models.contract.events import Event
from models.contract.tasks import Head, Task, TaskKind

HEADS = (
    Head(task=Task(name="like", kind=TaskKind.BINARY, label="value >= 4")),
    Head(task=Task(name="genre", kind=TaskKind.MULTILABEL, label="item.genres"), classes=("Comedy", "Drama")),
    Head(
        task=Task(name="daypart", kind=TaskKind.CONTEXT, label="time.daypart"), classes=("night", "morning")
    ),
)
NOTHING = Influence((), np.zeros(0, dtype=np.int64), np.zeros((0, 4), dtype=np.float32))
K = 4
NO_LABELS = {"genre": np.zeros((K, 2), dtype=np.float32)}


def floats(*given):
    return np.array(given, dtype=np.float32)


@pytest.fixture
def catalogue(make_catalogue):
    """Rows 0-3 are the candidates, 4 and 5 history; everything was taken a little, so nothing is new."""
    titles = ["Heat", "Alien", "Big", "Clue", "Jaws", "Up"]
    made = make_catalogue([Item(str(row), {"title": title}) for row, title in enumerate(titles)], 2)
    made.statistics[:, 1] = 1
    return made


def scored_of(sources=("neighbours",), found_by=None, **contributions):
    parts = {name: np.zeros(K, dtype=np.float32) for name in ("next", "like", "genre", "daypart")}
    parts |= {name: floats(*given) for name, given in contributions.items()}
    hits = np.ones((len(sources), K), dtype=np.bool_) if found_by is None else np.array(found_by)
    candidates = Candidates(np.arange(K), tuple(sources), hits, K)
    return Scored(candidates, parts, parts, np.sum(list(parts.values()), axis=0))


def told(scored, catalogue, query, evidence, order=(0, 1, 2, 3)):
    found = explain(scored, np.array(order, dtype=np.int64), query, catalogue, evidence)
    return [[reason.code for reason in reasons] for reasons in found], found


def test_without_any_other_reason_the_strongest_head(catalogue, make_query):
    scored = scored_of(next=[0.5, 0.5, 0.5, 0.5], like=[0.4, 0.6, 0.4, 0.4])
    codes, found = told(scored, catalogue, make_query(), Evidence(HEADS, NOTHING, NO_LABELS), order=(1, 0))
    assert codes == [[Code.RANKED], [Code.RANKED]]
    assert found[0][0].text == "Ranked here mostly by 'like'"
    assert found[0][0].strength == pytest.approx(0.6)
    assert found[1][0].text == "Ranked here mostly by 'next'"


def influence_of(events, drop):
    ids = tuple(event.item_id for event in events)
    return Influence(ids, np.array([int(item_id) if item_id.isdigit() else -1 for item_id in ids]), drop)


def test_because_you_liked_names_the_greatest_influence(catalogue, make_query):
    events = [Event("4", "like", 0), Event("5", "view", 1), Event("gone", "like", 2)]
    drop = np.array([[0.3, 0.1, 0.001, 0], [0.2, 0.15, 0.0, -1], [0, 0, 0, 0.02]], dtype=np.float32)
    evidence = Evidence(HEADS, influence_of(events, drop), NO_LABELS)
    codes, found = told(scored_of(next=[1, 1, 1, 1]), catalogue, make_query(events), evidence)
    assert codes == [[Code.LIKED], [Code.LIKED], [Code.RANKED], [Code.LIKED]]
    assert found[0][0].text == "Because you liked Jaws"
    assert found[0][0].item_ids == ("4",)
    assert found[0][0].strength == pytest.approx(0.3)
    assert found[1][0].text == "Because of your interest in Up"
    assert found[3][0].text == "Because you liked gone"


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
    influence = influence_of(events, np.ones((len(events), K), dtype=np.float32))
    evidence = Evidence(HEADS, influence, NO_LABELS, value_range=(1.0, 5.0))
    codes, _ = told(scored_of(next=[1, 1, 1, 1]), catalogue, make_query(events), evidence)
    assert codes == [[Code.RANKED]] * K


def test_an_item_is_no_reason_for_itself(catalogue, make_query):
    events = [Event("2", "like", 0)]
    evidence = Evidence(HEADS, influence_of(events, np.ones((1, K), dtype=np.float32)), NO_LABELS)
    codes, _ = told(scored_of(next=[1, 1, 1, 1]), catalogue, make_query(events), evidence)
    assert codes == [[Code.LIKED], [Code.LIKED], [Code.RANKED], [Code.LIKED]]


def test_popular_now_is_measured_against_the_bar(make_catalogue, make_query):
    catalogue = make_catalogue(100, 2)
    catalogue.statistics[:, 1] = 1
    catalogue.statistics[:, 0] = np.arange(100)[::-1]  # row 0 has 99, row 3 has 96; 5 % are above 94.05
    scored = scored_of(("neighbours", "popular"), [[True] * K, [True, True, False, True]], next=[1] * K)
    codes, found = told(scored, catalogue, make_query(), Evidence(HEADS, NOTHING, NO_LABELS))
    assert codes == [[Code.POPULAR], [Code.POPULAR], [Code.RANKED], [Code.POPULAR]]
    assert found[0][0].strength == pytest.approx((99 - 94.05) / 99)
    catalogue.statistics[3, 0] = 50
    codes, _ = told(scored, catalogue, make_query(), Evidence(HEADS, NOTHING, NO_LABELS))
    assert codes[3] == [Code.RANKED]


def test_matches_your_query_is_the_cosine(make_catalogue, make_query):
    text = np.array([[1, 0], [0.6, 0.8], [0, 1], [-1, 0]], dtype=np.float32)
    catalogue = make_catalogue(4, 2, text=text)
    catalogue.statistics[:, 1] = 1
    evidence = Evidence(HEADS, NOTHING, NO_LABELS, text=floats(1, 0))
    codes, found = told(scored_of(next=[1] * K), catalogue, make_query(text="x"), evidence)
    assert codes == [[Code.QUERY], [Code.QUERY], [Code.RANKED], [Code.RANKED]]
    assert [found[0][0].strength, found[1][0].strength] == pytest.approx([1, 0.6])


def test_fits_your_taste_names_the_likeliest_of_the_items_labels(catalogue, make_query):
    catalogue.labels = [
        frozenset({"Drama", "Comedy"}),
        frozenset({"Drama"}),
        frozenset({"War"}),
        frozenset(),
        *[frozenset()] * 2,
    ]
    probable = np.array([[0.2, 0.7], [0.9, 0.1], [0.9, 0.1], [0.5, 0.5]], dtype=np.float32)
    evidence = Evidence(HEADS, NOTHING, {"genre": probable})
    scored = scored_of(next=[0.1] * K, genre=[0.4, 0.3, 0.3, 0.0])
    codes, found = told(scored, catalogue, make_query(), evidence)
    assert codes == [[Code.TASTE], [Code.TASTE], [Code.TASTE], [Code.RANKED]]
    assert [reasons[0].text for reasons in found[:3]] == [
        "Fits your taste for Drama",
        "Fits your taste for Drama",
        "Fits your taste",
    ]
    assert found[0][0].strength == pytest.approx(0.4 - 0.25)


def test_fits_the_moment_is_the_lift_over_the_candidates(catalogue, make_query):
    scored = scored_of(next=[1] * K, daypart=[0.3, 0.1, 0.1, 0.1])
    codes, found = told(scored, catalogue, make_query(), Evidence(HEADS, NOTHING, NO_LABELS), order=(1, 0))
    assert codes == [[Code.RANKED], [Code.MOMENT]]
    assert found[1][0].strength == pytest.approx(0.3 - 0.15)


def test_new_here_has_no_statistics(catalogue, make_query):
    catalogue.statistics[2] = 0
    codes, found = told(scored_of(next=[1] * K), catalogue, make_query(), Evidence(HEADS, NOTHING, NO_LABELS))
    assert codes == [[Code.RANKED], [Code.RANKED], [Code.NEW], [Code.RANKED]]
    assert found[2][0].strength == 0


def test_at_most_three_the_strongest_first(make_catalogue, make_query):
    text = np.array([[1, 0], [0, 1], [0, 1], [0, 1], [0, 1], [0, 1]], dtype=np.float32)
    catalogue = make_catalogue(6, 2, text=text)
    events = [Event("4", "like", 0)]
    influence = influence_of(events, np.array([[0.5, 0, 0, 0]], dtype=np.float32))
    scored = scored_of(next=[1] * K, genre=[0.4, 0, 0, 0], daypart=[0.8, 0, 0, 0])
    codes, found = told(
        scored, catalogue, make_query(events), Evidence(HEADS, influence, NO_LABELS, text=floats(1, 0))
    )
    assert codes[0] == [Code.QUERY, Code.MOMENT, Code.LIKED]
    strengths = [reason.strength for reason in found[0]]
    assert strengths == sorted(strengths, reverse=True)


def test_an_empty_slate_has_no_reasons(catalogue, make_query):
    nobody = np.zeros(0, dtype=np.int64)
    influence = Influence(("4",), np.array([4]), np.zeros((1, 0), dtype=np.float32))
    evidence = Evidence(HEADS, influence, NO_LABELS)
    assert explain(scored_of(), nobody, make_query(), catalogue, evidence) == ()


@pytest.mark.parametrize(
    ("attributes", "title"),
    [
        ({"title": "Heat", "name": "x"}, "Heat"),
        ({"name": "Heat\n(1995)"}, "Heat (1995)"),
        ({"title": " ", "name": "Heat"}, "Heat"),
        ({"year": 1995.0}, "7"),
        ({"title": "x" * 100}, "x" * 79 + "…"),
    ],
)
def test_titles(attributes, title):
    assert title_of(Item("7", attributes), ("name",)) == title
