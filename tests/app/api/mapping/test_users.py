"""The answer about a user: an earlier event without a time has none in it."""

from app.api.mapping.users import event_answer
from app.api.schemas.users import UserEvent
from models.contract.events import Event
from models.contract.unix_time import NO_TIME


def test_an_event_without_a_time_is_answered_without_one() -> None:
    answers = [event_answer(Event("a", "view", time), None) for time in (NO_TIME, 0.0, 1.7e9)]
    assert [UserEvent.model_validate(answer).timestamp for answer in answers] == [None, 0.0, 1.7e9]
