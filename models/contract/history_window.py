"""The history window: each user's last events, encoded for the network, offline and online alike."""

from typing import NamedTuple

from models.contract.arrays import Mask
from models.contract.event_features import WINDOW, EventArrays, encode_events
from models.contract.events import EventColumns, last_events, select_events
from models.contract.feature_spec import FeatureSpec
from models.contract.feedback import history_events, tower_events


class HistoryWindow(NamedTuple):
    """The last events of U users, n in total, with the network's features."""

    events: EventColumns  # n events, at most `history_length` per user
    arrays: EventArrays  # of the same n events
    tower: Mask  # [n] True: the user tower reads the event; target attention reads all events


def read_window(spec: FeatureSpec, events: EventColumns) -> HistoryWindow:
    """The history window of each user; `events` holds each user's events oldest first.

    Events of unknown items (a negative row) are left out: they carry no information, and without them the gaps, means
    and counts of the other events stay as they are. Skips are left out if training had none. The features of the first
    event of the window still depend on the WINDOW events before it.
    """
    events = select_events(events, history_events(events, spec.actions) & (events.items >= 0))
    events = select_events(events, last_events(events, spec.history_length + WINDOW))
    arrays, last = encode_events(spec, events), last_events(events, spec.history_length)
    if not last.all():
        events = select_events(events, last)
        arrays = arrays.take(last)
    return HistoryWindow(events, arrays, tower_events(events, spec.actions))
