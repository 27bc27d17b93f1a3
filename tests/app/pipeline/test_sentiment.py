"""What events say of their items."""

import pytest

from app.pipeline.sentiment import Sentiment, last_liked, latest_sentiments, sentiment
from models.contract.events import Event

STARS = (1.0, 5.0)


@pytest.mark.parametrize(
    ("action", "value", "value_range", "said"),
    [
        ("like", None, STARS, Sentiment.POSITIVE),
        ("purchase", None, None, Sentiment.POSITIVE),
        ("like", 1.0, STARS, Sentiment.POSITIVE),  # the action says it
        ("dislike", 5.0, STARS, Sentiment.NEGATIVE),
        ("skip", None, None, Sentiment.NEGATIVE),
        ("rate", 3.0, STARS, Sentiment.POSITIVE),
        ("rate", 2.9, STARS, Sentiment.NEGATIVE),
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
