"""What events say about their items."""

from collections.abc import Sequence

import numpy as np
import pytest

from models.contract.arrays import Indices
from models.contract.events import Event, EventColumns, column_events, user_events
from models.contract.feedback import (
    INTENT_ACTIONS,
    Feedback,
    FeedbackCodes,
    has_action,
    history_events,
    last_liked,
    liked_items,
    negative_items,
    newest_feedback,
    read_feedback,
    tower_events,
    wanted_items,
)
from models.contract.vocabulary import Vocabulary

STARS = (1.0, 5.0)
Range = tuple[float, float] | None


def columns(events: Sequence[Event]) -> EventColumns:
    return column_events([events], int)


def read(events: Sequence[Event], value_range: Range = STARS) -> tuple[Indices, FeedbackCodes]:
    made = columns(events)
    return made.items, read_feedback(made, value_range)


def latest(events: Sequence[Event], value_range: Range = STARS) -> dict[int, int]:
    items, feedback = read(events, value_range)
    newest = newest_feedback(items, feedback)
    return dict(zip(items[newest].tolist(), feedback[newest].tolist(), strict=True))


@pytest.mark.parametrize(
    ("action", "value", "value_range", "expected"),
    [
        ("like", None, STARS, Feedback.POSITIVE),
        ("purchase", None, None, Feedback.POSITIVE),
        ("like", 1.0, STARS, Feedback.POSITIVE),  # the action decides
        ("dislike", 5.0, STARS, Feedback.NEGATIVE),
        ("skip", None, None, Feedback.NEGATIVE),
        ("rate", 3.5, STARS, Feedback.POSITIVE),
        ("rate", 3.4, STARS, Feedback.NEUTRAL),
        ("rate", 3.0, STARS, Feedback.NEUTRAL),
        ("rate", 2.9, STARS, Feedback.NEGATIVE),
        ("rate", 1.0, (1.0, 1.0), Feedback.NONE),  # everybody gives that
        ("rate", 5.0, None, Feedback.NONE),
        ("rate", None, STARS, Feedback.NONE),
        ("view", None, STARS, Feedback.NONE),
        ("a job's own", 4.0, STARS, Feedback.POSITIVE),
        ("rate", 0.35, (0.0, 0.7), Feedback.NEUTRAL),  # the middle, though float32 rounds it down
    ],
)
def test_by_the_action_then_by_the_value(
    action: str, value: float | None, value_range: Range, expected: Feedback
) -> None:
    _, feedback = read([Event("1", action, 0.0, value)], value_range)
    assert feedback.tolist() == [expected]


def test_the_last_word_counts_and_a_view_takes_nothing_back() -> None:
    events = [Event("1", "like", 0), Event("1", "view", 1), Event("2", "like", 2), Event("2", "dislike", 3)]
    assert latest(events) == {1: Feedback.POSITIVE, 2: Feedback.NEGATIVE}
    assert last_liked(*read(events)) == 1
    items, feedback = read(events)
    assert newest_feedback(items, feedback).tolist() == [3, 0]  # the newest first


def test_last_liked_is_the_newest() -> None:
    events = [Event("1", "like", 0), Event("2", "rate", 1, 5.0), Event("3", "view", 2)]
    assert last_liked(*read(events)) == 2
    assert last_liked(*read(events[2:])) is None
    assert last_liked(*read([])) is None


def test_a_value_in_the_middle_takes_praise_and_blame_back() -> None:
    events = [Event("1", "like", 0), Event("2", "rate", 1, 1.0), *(Event(i, "rate", 2, 3.0) for i in "12")]
    assert latest(events) == {1: Feedback.NEUTRAL, 2: Feedback.NEUTRAL}
    assert last_liked(*read(events)) is None
    assert last_liked(*read(events, None)) == 1


def test_a_purchase_is_wanted_but_not_liked() -> None:
    events = [
        Event("1", "like", 0),
        Event("2", "rate", 1, 5.0),
        Event("3", "purchase", 2),
        Event("4", "rate", 3, 3.0),
        Event("5", "like", 4),
        Event("5", "dislike", 5),
        Event("6", "view", 6),
    ]
    wanting = has_action(columns(events), INTENT_ACTIONS)
    assert wanting.tolist() == [False, False, True, False, False, False, False]
    assert liked_items(*read(events), wanting).tolist() == [2, 1]
    assert wanted_items(*read(events)).tolist() == [3, 2, 1]
    assert wanted_items(*read(events[3:])).tolist() == [4, 6]  # no praise: what is not rejected
    assert wanted_items(*read([])).tolist() == []


def test_only_praise_takes_a_dislike_back() -> None:
    events = [
        Event("1", "dislike", 0),
        Event("2", "dislike", 1),
        Event("3", "skip", 2),
        Event("1", "rate", 3, 3.0),
        Event("2", "like", 4),
        Event("4", "rate", 5, 1.0),
        Event("5", "dislike", 6),
    ]
    disliked = has_action(columns(events), {"dislike"})
    assert negative_items(*read(events), disliked).tolist() == [5, 1]
    assert negative_items(*read(events), np.zeros(7, dtype=np.bool_)).tolist() == []


def test_unlearned_skips_are_no_history_and_the_tower_reads_no_unlearned_dislike() -> None:
    made = columns([Event("1", action, 0) for action in ("view", "skip", "dislike", "like")])
    nothing, skips = Vocabulary(tokens=("view",)), Vocabulary(tokens=("view", "skip"))
    assert history_events(made, nothing).tolist() == [True, False, True, True]
    assert tower_events(made, nothing).tolist() == [True, False, False, True]
    assert history_events(made, skips).all() and tower_events(made, skips).tolist() == [
        True,
        True,
        False,
        True,
    ]
    assert history_events(columns([]), nothing).shape == tower_events(columns([]), nothing).shape == (0,)


def test_columns_of_many_users_give_the_feedback_of_each() -> None:
    random = np.random.default_rng(3)
    names = ("view", "like", "dislike", "rate", "skip", "save")
    users = [
        [
            Event(str(random.integers(6)), names[random.integers(6)], step, float(random.integers(1, 6)))
            for step in range(length)
        ]
        for length in (0, 12, 1, 30)
    ]
    made = column_events(users, int)
    together = read_feedback(made, STARS)
    for user, events in enumerate(users):
        part = slice(int(made.offsets[user]), int(made.offsets[user + 1]))
        items, feedback = read(events)
        assert together[part].tolist() == feedback.tolist()
        assert user_events(made, user).items.tolist() == items.tolist()
