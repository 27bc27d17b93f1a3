"""The part of users' events that the network reads, as its arrays: one definition for evaluation and service."""

from typing import NamedTuple

from models.contract.arrays import Mask
from models.contract.events import EventColumns, last_events, select_events
from models.contract.feature_spec import FeatureSpec
from models.contract.features import WINDOW, EventArrays, encode_events
from models.contract.feedback import history_events, tower_events


class HistoryWindow(NamedTuple):
    """The last events of U users, n in all, as the network reads them."""

    events: EventColumns  # n events, at most `history_length` a user
    arrays: EventArrays  # n events
    tower: Mask  # [n] True for the events that the user tower reads; target attention reads all


def read_window(spec: FeatureSpec, events: EventColumns) -> HistoryWindow:
    """The window of each user's events, given oldest first.

    Skips that training never met are left out. The features of the window look back over WINDOW events more.
    """
    events = select_events(events, history_events(events, spec.actions))
    events = select_events(events, last_events(events, spec.history_length + WINDOW))
    arrays, last = encode_events(spec, events), last_events(events, spec.history_length)
    events = select_events(events, last)
    window = EventArrays(arrays.actions[last], arrays.dense[last])
    return HistoryWindow(events, window, tower_events(events, spec.actions))
