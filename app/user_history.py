"""Merge a user's training history from the bundle with the stored state."""

from dataclasses import replace

import numpy as np

from app.bundle.bundle import KnownUsers
from app.state.protocol import StoredUser
from app.worker_thread import run_in_thread
from models.contract.catalogue import UserState
from models.contract.events import Event

FEW_EVENTS = 200
"""A history up to this length is built on the event loop, in less time than it takes to ask a thread."""


async def join_history(known_users: KnownUsers, user_id: str | None, stored: StoredUser) -> UserState:
    """The stored state after the bundle's history of the user, unless the user was erased."""
    if user_id is None or not stored.keeps_bundle_history or not known_users.knows(user_id):
        return stored.state
    if known_users.count_events(user_id) + len(stored.state.events) <= FEW_EVENTS:
        return join_states(known_users.state(user_id), stored.state)
    # Building a long history takes milliseconds, too long for the event loop.
    return await run_in_thread(lambda: join_states(known_users.state(user_id), stored.state))


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
