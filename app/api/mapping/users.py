"""Convert a user's state into the answer about the user, as plain values."""

from collections.abc import Sequence
from typing import Any

from app.state.protocol import RecordedEvent
from app.user_history import event_key
from models.contract.catalogue import User, UserState
from models.contract.events import Event


def user_answer(
    user_id: str, state: UserState, stored: Sequence[RecordedEvent], merged_into: str | None
) -> dict[str, Any]:
    """The value of a UserAnswer; `stored` are the events of the store, with their details."""
    details = {event_key(recorded.event): recorded for recorded in stored}
    return {
        "user_id": user_id,
        "profile": None if state.profile is None else profile_answer(state.profile),
        "events": [event_answer(event, details.get(event_key(event))) for event in state.events],
        "past_item_ids": sorted(state.past_items),
        "merged_into": merged_into,
    }


def profile_answer(user: User) -> dict[str, Any]:
    """The value of a ProfileAnswer."""
    return {"attributes": dict(user.attributes), "interests": user.interests}


def event_answer(event: Event, stored: RecordedEvent | None) -> dict[str, Any]:
    """The value of a UserEvent; `stored` is the event as it was accepted, None for one of the bundle alone."""
    return {
        "item_id": event.item_id,
        "action": event.action,
        "value": event.value,
        "timestamp": event.timestamp,
        "context": {} if stored is None else dict(stored.event.context),
        "recommendation_id": None if stored is None else stored.recommendation_id,
        "rank": None if stored is None else stored.rank,
    }
