"""Events held to what a bundle knows."""

import pytest

from app.api.mapping.interactions import EventRules, append_session, build_rules, to_event, to_session
from app.api.schemas.events import SessionEvent
from app.errors import (
    ChorusError,
    InvalidValueError,
    MissingValueError,
    UnknownActionError,
)
from models.contract.events import Event
from models.contract.feature_spec import FeatureSpec
from models.contract.tasks import Head, Task
from models.contract.vocabulary import Vocabulary

SPEC = FeatureSpec(
    timed=True,
    history_length=10,
    item_ids=Vocabulary(),
    actions=Vocabulary(tokens=("rate", "listen")),
    context_fields=("season",),
    value_range=(1.0, 5.0),
)


RULES = EventRules(SPEC, (1.0, 5.0), latest=1e6)


def test_an_event_without_a_time_happened_now() -> None:
    given = SessionEvent(item_id="1", action="listen", context={"season": "winter", "device": "tv"})
    assert to_event(RULES, given, 70.0) == Event(
        "1", "listen", 70.0, None, {"season": "winter", "device": "tv"}
    )


def test_every_action_of_chorus_is_taken_and_those_of_the_bundle() -> None:
    for action in ("view", "dislike", "purchase", "listen"):
        assert to_event(RULES, SessionEvent(item_id="1", action=action), 1.0).action == action


@pytest.mark.parametrize(
    ("given", "kind", "field"),
    [
        (SessionEvent(item_id="1", action="hum"), UnknownActionError, "session.2.action"),
        (SessionEvent(item_id="1", action="rate"), MissingValueError, "session.2.value"),
        (SessionEvent(item_id="1", action="rate", value=5.5), InvalidValueError, "session.2.value"),
        (SessionEvent(item_id="1", action="view", value=0.0), InvalidValueError, "session.2.value"),
    ],
)
def test_what_the_bundle_cannot_take_is_named(
    given: SessionEvent, kind: type[ChorusError], field: str
) -> None:
    with pytest.raises(kind) as caught:
        to_event(RULES, given, 1.0, "session.2.")
    assert caught.value.field == field


def _head(kind: str, label: str) -> Head:
    return Head(task=Task(name="rating", kind=kind, label=label, range=(1, 5)))


@pytest.mark.parametrize(
    ("head", "stated"),
    [
        (_head("regression", "value"), (1, 5)),
        (_head("regression", "value / 2"), None),
        (_head("binary", "value"), None),
    ],
)
def test_values_are_held_to_a_range_that_the_job_states_and_to_no_other(
    head: Head, stated: tuple[float, float] | None
) -> None:
    """The training values' own range, here 1 to 5 too, is for features alone."""
    rules = build_rules(SPEC, [head], now=100.0)
    assert rules == EventRules(SPEC, stated, 100.0 + 86_400)
    longer = SessionEvent(item_id="1", action="view", value=99.5)
    if stated is None:
        assert to_event(rules, longer, 1.0).value == 99.5
    else:
        with pytest.raises(InvalidValueError):
            to_event(rules, longer, 1.0)


def test_an_event_may_be_a_day_ahead_and_no_more() -> None:
    rules = build_rules(SPEC, [], now=1000.0)
    ahead = SessionEvent(item_id="1", action="view", timestamp=1000.0 + 86_400)
    assert to_event(rules, ahead, 1000.0).timestamp == 87_400
    further = SessionEvent(item_id="1", action="view", timestamp=1001.0 + 86_400)
    with pytest.raises(InvalidValueError, match="at most a day ahead, given 1 s more") as caught:
        to_event(rules, further, 1000.0, "session.0.")
    assert caught.value.field == "session.0.timestamp"


def test_a_session_is_ordered_by_time_and_keeps_its_order_within_a_moment() -> None:
    session = [
        SessionEvent(item_id="now-1", action="view"),
        SessionEvent(item_id="early", action="view", timestamp=5.0),
        SessionEvent(item_id="now-2", action="view"),
    ]
    assert [event.item_id for event in to_session(RULES, session, 9.0)] == ["early", "now-1", "now-2"]


def test_an_event_that_is_stored_and_sent_along_counts_once() -> None:
    stored = (Event("1", "rate", 5.0, 4.0), Event("2", "view", 6.0))
    session = (Event("2", "view", 6.0), Event("2", "view", 7.0), Event("3", "view", 1.0))
    assert append_session(stored, session) == (*stored, session[1], session[2])
    assert append_session(stored, ()) == stored
