"""Convert a user's state into the answer about the user, as plain values."""

from typing import Any

from models.contract.catalogue import User, UserState
from models.contract.events import Event


def user_answer(user_id: str, state: UserState) -> dict[str, Any]:
    """The value of a UserAnswer."""
    return {
        "user_id": user_id,
        "profile": None if state.profile is None else profile_answer(state.profile),
        "events": [event_answer(event) for event in state.events],
        "past_item_ids": sorted(state.past_items),
    }


def profile_answer(user: User) -> dict[str, Any]:
    """The value of a ProfileAnswer."""
    return {"attributes": dict(user.attributes), "interests": user.interests}


def event_answer(event: Event) -> dict[str, Any]:
    """The value of a UserEvent."""
    return {
        "item_id": event.item_id,
        "action": event.action,
        "value": event.value,
        "timestamp": event.timestamp,
        "context": dict(event.context),
    }
