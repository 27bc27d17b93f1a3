"""Merge a user's training history from the bundle with the stored state."""

from dataclasses import replace

import numpy as np

from models.contract.catalogue import UserState
from models.contract.events import Event


def join_states(trained: UserState, stored: UserState) -> UserState:
    """The stored state with the events of the bundle, and with its profile if the store has none."""
    return replace(stored, profile=stored.profile or trained.profile, events=merge_events(trained, stored))


def merge_events(trained: UserState, stored: UserState) -> tuple[Event, ...]:
    """The events of both, oldest first, without duplicates."""
    if not stored.events:
        return trained.events
    if not trained.events:
        return stored.events
    trained_keys = {event_key(event) for event in trained.events}
    new = [event for event in stored.events if event_key(event) not in trained_keys]
    return tuple(sorted((*trained.events, *new), key=lambda event: event.timestamp))


def event_key(event: Event) -> tuple[str, str, float, float | None]:
    """The key of equal events. A bundle has values as float32, the store as they were sent."""
    value = None if event.value is None else float(np.float32(event.value))
    return event.item_id, event.action, event.timestamp, value
