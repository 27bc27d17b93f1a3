"""What events say of their items."""

import pytest

from models.contract.events import Event
from models.contract.feedback import (
    Sentiment,
    last_liked,
    latest_sentiments,
    liked_items,
    sentiment,
    wanted_items,
)

STARS = (1.0, 5.0)


@pytest.mark.parametrize(
    ("action", "value", "value_range", "said"),
    [
        ("like", None, STARS, Sentiment.POSITIVE),
        ("purchase", None, None, Sentiment.POSITIVE),
        ("like", 1.0, STARS, Sentiment.POSITIVE),  # the action says it
        ("dislike", 5.0, STARS, Sentiment.NEGATIVE),
        ("skip", None, None, Sentiment.NEGATIVE),
        ("rate", 3.5, STARS, Sentiment.POSITIVE),
        ("rate", 3.4, STARS, Sentiment.NEUTRAL),
        ("rate", 3.0, STARS, Sentiment.NEUTRAL),
        ("rate", 2.9, STARS, Sentiment.NEGATIVE),
        ("rate", 1.0, (1.0, 1.0), Sentiment.NEUTRAL),  # everybody gives that
        ("rate", 5.0, None, Sentiment.NEUTRAL),
        ("rate", None, STARS, Sentiment.NEUTRAL),
        ("view", None, STARS, Sentiment.NEUTRAL),
        ("a job's own", 4.0, STARS, Sentiment.POSITIVE),
    ],
)
def test_by_the_action_then_by_the_value(action, value, value_range, said):
    assert sentiment(Event("1", action, 0.0, value), value_range) is said


def test_the_last_word_counts_and_a_view_takes_nothing_back():
    events = [Event("1", "like", 0), Event("1", "view", 1), Event("2", "like", 2), Event("2", "dislike", 3)]
    found = latest_sentiments(events, STARS)
    assert found == {"1": Sentiment.POSITIVE, "2": Sentiment.NEGATIVE}
    assert last_liked(events, STARS) == "1"


def test_last_liked_is_the_newest():
    events = [Event("1", "like", 0), Event("2", "rate", 1, 5.0), Event("3", "view", 2)]
    assert last_liked(events, STARS) == "2"
    assert last_liked(events[2:], STARS) is None
    assert last_liked([], STARS) is None


def test_a_value_in_the_middle_takes_praise_and_blame_back():
    events = [Event("1", "like", 0), Event("2", "rate", 1, 1.0), *(Event(i, "rate", 2, 3.0) for i in "12")]
    assert latest_sentiments(events, STARS) == {"1": Sentiment.NEUTRAL, "2": Sentiment.NEUTRAL}
    assert last_liked(events, STARS) is None
    assert last_liked(events, None) == "1"


def test_liked_is_what_was_said_to_be_liked():
    events = [
        Event("1", "like", 0),
        Event("2", "rate", 1, 5.0),
        Event("3", "purchase", 2),
        Event("4", "rate", 3, 3.0),
        Event("5", "like", 4),
        Event("5", "dislike", 5),
        Event("6", "view", 6),
    ]
    assert liked_items(events, STARS) == {"1", "2"}
    assert wanted_items(events, STARS) == ["1", "2", "3"]
    assert wanted_items(events[3:], STARS) == ["4", "6"]
    assert wanted_items([], STARS) == []
