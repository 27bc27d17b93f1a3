"""Which events count for the live statistics: those that take an item and do not regret it, at about their time."""

from collections.abc import Sequence

import numpy as np

from models.contract.arrays import Mask
from models.contract.events import Event
from models.contract.live_statistics import LATEST_S
from models.contract.polarity import ValuePolarity
from models.contract.roles import Role, Roles, role_of


def find_counting(events: Sequence[Event], roles: Roles, polarity: ValuePolarity, now: float) -> Mask:
    """[n] True for events that count at `now`.

    Exposures and rejections do not, nor values of negative polarity, nor what came LATEST_S after its time or before.
    """
    actions = {action: role_of(action, roles) is Role.TARGET for action in {event.action for event in events}}
    taken = np.fromiter((actions[event.action] for event in events), np.bool_, len(events))
    times = np.fromiter((event.timestamp for event in events), np.float64, len(events))
    values = np.array([np.nan if event.value is None else event.value for event in events], dtype=np.float32)
    return np.asarray(taken & (np.abs(now - times) <= LATEST_S) & (polarity.read(values) >= 0))
