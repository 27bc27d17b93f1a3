"""Events held to what a bundle knows."""

import pytest

from app.errors import (
    ChorusError,
    InvalidValueError,
    MissingValueError,
    UnknownActionError,
    UnknownFieldError,
)
from app.routes.interactions import appended, session_events, to_event
from app.schemas.interactions import SessionEvent
from models.contract.events import Event
from models.contract.features import FeatureSpec
from models.contract.vocabulary import Vocabulary

SPEC = FeatureSpec(
    timed=True,
    history_length=10,
    item_ids=Vocabulary(),
    actions=Vocabulary(tokens=("rate", "listen")),
    context_fields=("season",),
    value_range=(1.0, 5.0),
)


def test_an_event_without_a_time_happened_now() -> None:
    given = SessionEvent(item_id="1", action="listen", context={"season": "winter", "device": "tv"})
    assert to_event(SPEC, given, 70.0) == Event(
        "1", "listen", 70.0, None, {"season": "winter", "device": "tv"}
    )


def test_every_action_of_chorus_is_taken_and_those_of_the_bundle() -> None:
    for action in ("view", "dislike", "purchase", "listen"):
        assert to_event(SPEC, SessionEvent(item_id="1", action=action), 1.0).action == action


@pytest.mark.parametrize(
    ("given", "kind", "field"),
    [
        (SessionEvent(item_id="1", action="hum"), UnknownActionError, "session.2.action"),
        (SessionEvent(item_id="1", action="rate"), MissingValueError, "session.2.value"),
        (SessionEvent(item_id="1", action="rate", value=5.5), InvalidValueError, "session.2.value"),
        (SessionEvent(item_id="1", action="view", value=0.0), InvalidValueError, "session.2.value"),
        (
            SessionEvent(item_id="1", action="view", context={"mood": "x"}),
            UnknownFieldError,
            "session.2.context.mood",
        ),
    ],
)
def test_what_the_bundle_cannot_take_is_named(
    given: SessionEvent, kind: type[ChorusError], field: str
) -> None:
    with pytest.raises(kind) as caught:
        to_event(SPEC, given, 1.0, "session.2.")
    assert caught.value.field == field


def test_a_bundle_without_values_takes_any() -> None:
    spec = SPEC.model_copy(update={"value_range": None})
    assert to_event(spec, SessionEvent(item_id="1", action="purchase", value=99.5), 1.0).value == 99.5


def test_a_session_is_ordered_by_time_and_keeps_its_order_within_a_moment() -> None:
    session = [
        SessionEvent(item_id="now-1", action="view"),
        SessionEvent(item_id="early", action="view", timestamp=5.0),
        SessionEvent(item_id="now-2", action="view"),
    ]
    assert [event.item_id for event in session_events(SPEC, session, 9.0)] == ["early", "now-1", "now-2"]


def test_an_event_that_is_stored_and_sent_along_counts_once() -> None:
    stored = (Event("1", "rate", 5.0, 4.0), Event("2", "view", 6.0))
    session = (Event("2", "view", 6.0), Event("2", "view", 7.0), Event("3", "view", 1.0))
    assert appended(stored, session) == (*stored, session[1], session[2])
    assert appended(stored, ()) == stored
