"""Freshness: from the first event that no answer knows to the answer that does."""

from app import freshness
from app.freshness import Freshness


def test_the_first_answer_that_began_after_the_event_counts() -> None:
    seen: list[float] = []
    now = [10.0]
    fresh = Freshness(seen.append, lambda: now[0])
    fresh.accept("", ["u"])
    now[0] = 12.0
    fresh.accept("", ["u", "v"])
    fresh.answer("", "u", 9.0)
    fresh.answer("", "w", 11.0)
    fresh.answer("shop", "u", 11.0)
    assert seen == [], "it began before the event, or is of somebody else"
    now[0] = 13.5
    fresh.answer("", "u", 13.0)
    fresh.answer("", "u", 13.0)
    fresh.answer("", "v", 12.0)
    assert seen == [3.5, 1.5]


def test_the_earliest_users_are_forgotten() -> None:
    seen: list[float] = []
    fresh = Freshness(seen.append, lambda: 1.0)
    fresh.accept("", [str(number) for number in range(freshness.MOST_USERS + 1)])
    fresh.answer("", "0", 2.0)
    fresh.answer("", "1", 2.0)
    assert seen == [0.0]
