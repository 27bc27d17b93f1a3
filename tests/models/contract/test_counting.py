"""Which events count: those that take an item, without regret, at about their time."""

import pytest

from models.contract.counting import find_counting
from models.contract.events import Event
from models.contract.polarity import ValuePolarity
from models.contract.roles import ActionRole, Role

NOW = 1e9
ROLES = {"show": ActionRole(role=Role.EXPOSURE), "return": ActionRole(role=Role.NEGATIVE)}
STARS = ValuePolarity(values=(1, 3, 5), polarity=(-1, 0, 1))


@pytest.mark.parametrize(
    ("event", "counts"),
    [
        (Event("i", "view", NOW), True),
        (Event("i", "rate", NOW, 5), True),
        (Event("i", "rate", NOW, 3), True),
        (Event("i", "rate", NOW, 2), False),
        (Event("i", "purchase", NOW - 86_400), True),
        (Event("i", "purchase", NOW - 86_401), False),
        (Event("i", "purchase", NOW + 86_401), False),
        (Event("i", "dislike", NOW), False),
        (Event("i", "skip", NOW), False),
        (Event("i", "impression", NOW), False),
        (Event("i", "show", NOW), False),
        (Event("i", "return", NOW), False),
    ],
)
def test_what_counts(event: Event, counts: bool) -> None:
    assert find_counting([event], ROLES, STARS, NOW).tolist() == [counts]


def test_events_of_one_call_are_judged_each() -> None:
    events = [Event("i", "view", NOW), Event("i", "skip", NOW), Event("j", "rate", NOW, 1)]
    assert find_counting(events, {}, STARS, NOW).tolist() == [True, False, False]
    assert find_counting([], {}, STARS, NOW).tolist() == []
