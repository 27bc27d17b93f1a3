"""A log as the tests read it back: each user's events as objects."""

import numpy as np

from models.contract.events import Event
from models.data.dataset import Dataset
from models.data.interactions import Interactions


def events_of(log: Interactions, dataset: Dataset) -> list[tuple[Event, ...]]:
    """Each user's events with their contexts, oldest first, aligned with user_ids."""
    found: list[list[Event]] = [[] for _ in dataset.user_ids]
    for row, (user, item, action, time, value) in enumerate(
        zip(log.users, log.items, log.actions, log.times.tolist(), log.values.tolist(), strict=True)
    ):
        context = {
            name: names[codes[row]] for name, (names, codes) in log.contexts.items() if codes[row] >= 0
        }
        known = None if np.isnan(value) else value
        found[user].append(Event(dataset.items[item].item_id, log.action_names[action], time, known, context))
    return [tuple(events) for events in found]
