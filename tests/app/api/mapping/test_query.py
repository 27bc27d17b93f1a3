"""From a request to the state of its user."""

from app.api.mapping.query import add_session
from app.api.schemas.events import SessionEvent
from app.bundle.bundle import LoadedBundle
from models.contract.catalogue import UserState
from models.contract.events import Event

STORED = UserState("u", events=(Event("i0", "view", 1.7e9),))


def test_events_of_a_session_make_it_one(learnt: LoadedBundle) -> None:
    """Even an event that is older than the stored ones."""
    session = [SessionEvent(item_id="i1", action="view", timestamp=1.6e9)]
    state = add_session(learnt, STORED, session, moment=1.8e9, now=1.8e9)
    assert state.in_session and [event.item_id for event in state.events] == ["i0", "i1"]


def test_without_events_there_is_no_session(learnt: LoadedBundle) -> None:
    for session in (None, []):
        assert add_session(learnt, STORED, session, moment=1.8e9, now=1.8e9) is STORED
