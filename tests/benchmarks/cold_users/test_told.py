"""What the service is told of a cold user."""

import pytest

from benchmarks.cold_users.told import ColdUser, find_favourites, part_events, state_interests, tell
from models.contract.catalogue import Item, User
from models.contract.events import Event

ANN = User("ann", {"age": 30.0})
EVENTS = [
    Event(item, "rate", float(time), value)
    for time, (item, value) in enumerate(
        [("a", 5.0), ("b", 2.0), ("c", 4.0), ("a", 3.0), ("d", 1.0), ("e", 5.0)]
    )
]
ITEMS = {
    "a": Item("a", {"genres": ("Crime", "Drama")}),
    "b": Item("b", {"genres": ("War",)}),
    "c": Item("c", {"genres": ("Drama", "Comedy", "Action")}),
}


LOG = [Event(item, "rate", float(time), 4.0) for time, item in enumerate("abcdeafghhbijk")]


def test_a_log_has_three_parts() -> None:
    user = part_events(ANN, LOG)  # 14 events: five are told, two are wanted, seven are later ones
    assert user == ColdUser(ANN, tuple(LOG[:5]), frozenset({"f"}), tuple(LOG[7:]), 5.0)
    assert user.excluded == set("abcdeghijk")
    assert part_events(ANN, LOG[:10]) is None, "the half has the first five alone"
    assert part_events(ANN, LOG[:13]) is None, "the sixth event is of an item of the first five"


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        (EVENTS[:3], "I like Drama, Action and Comedy movies"),  # of a and c; b is not liked
        (EVENTS[:1], "I like Crime and Drama movies"),
        (EVENTS[1:2], ""),
        ([Event("b", "view", 0.0)], "I like War movies"),  # without values every item counts
        ([Event("nowhere", "rate", 0.0, 5.0)], ""),
    ],
)
def test_interests_are_the_labels_of_most_liked_items(events: list[Event], sentence: str) -> None:
    assert state_interests(find_favourites(events, ITEMS, "genres")) == sentence


def test_nothing_is_told_that_was_not_asked_for() -> None:
    user = part_events(ANN, LOG)
    assert user is not None
    state = tell(user, 2, profile=False, interests="")
    assert (state.user_id, state.profile, state.events) == ("ann", User("ann"), tuple(LOG[:2]))
    state = tell(user, 0, profile=True, interests="I like War movies")
    assert (state.profile, state.events) == (User("ann", {"age": 30.0}, "I like War movies"), ())
