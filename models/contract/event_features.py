"""Feature encoding of events: action, value, gap, running mean, count and context. Training and serving share it."""

from dataclasses import dataclass

import numpy as np

from models.contract.action_rates import reach_rates, shrink_rates
from models.contract.arrays import Doubles, Floats, Indices, Mask
from models.contract.events import NEGATIVE_ACTIONS, Action, EventColumns
from models.contract.feature_spec import FeatureSpec
from models.contract.features import CLIP, encode_contexts
from models.contract.unix_time import has_time

DENSE_WIDTH = 5
"""Numbers per event: value, has a value, log gap, running mean value, log count; the A rates of actions follow."""
WINDOW = 200
"""Events in a user's running mean and count; the state store keeps at least this many."""


@dataclass(frozen=True, slots=True)
class EventArrays:
    """The network's input for n events."""

    actions: Indices  # [n] indices of spec.actions
    dense: Floats  # [n, DENSE_WIDTH + A]
    context: Indices  # [n, C] the tokens of each event's moment (models.contract.features.encode_contexts)

    def take(self, keep: Mask) -> "EventArrays":
        """The events where `keep` [n] is True."""
        return EventArrays(self.actions[keep], self.dense[keep], self.context[keep])


def encode_events(spec: FeatureSpec, events: EventColumns) -> EventArrays:
    """Encode n events of any number of users.

    The features of an event: its action, its value, the time since the user's previous event (0 if there is none, or
    none with a time), the mean value and number of the user's last WINDOW events, this one included, the rates of their
    actions, and its context.
    """
    count = len(events)
    start = np.repeat(events.offsets[:-1], np.diff(events.offsets))  # [n] the user's first event
    values = _event_values(spec, events)
    has_value = ~np.isnan(values)
    standard = np.where(has_value, (values - spec.value_mean) / spec.value_std, 0.0)
    gap = np.zeros(count)
    if spec.timed and count:
        gap[1:] = np.where(has_time(events.times[:-1]), np.diff(events.times), 0)
        gap[start == np.arange(count)] = 0
    first = np.maximum(start, np.arange(count) + 1 - WINDOW)  # [n] where the event's window begins
    total, number = _window_sums(standard, events.offsets), _window_counts(has_value, first)
    window_length = np.arange(1, count + 1) - first
    dense = np.empty((count, DENSE_WIDTH + len(spec.action_rates)), dtype=np.float32)
    dense[:, 0] = np.clip(standard, -CLIP, CLIP)
    dense[:, 1] = has_value
    dense[:, 2] = np.log1p(np.clip(gap, 0, None)) / 10
    dense[:, 3] = total / (number + 3)  # shrunk: three events' worth of "average"
    dense[:, 4] = np.log1p(window_length) / 5
    dense[:, DENSE_WIDTH:] = _running_rates(spec, events, first)
    context = encode_contexts(spec, events.contexts, events.times, count).astype(np.int64)
    return EventArrays(spec.actions.encode(events.action_names)[events.actions], dense, context)


def _running_rates(spec: FeatureSpec, events: EventColumns, first: Indices) -> Floats:
    """[n, A] rates of the actions of the events first[t]..t; earlier events without a time are not counted."""
    rates = spec.action_rates
    if not rates:
        return np.zeros((len(events), 0), dtype=np.float32)
    counted = has_time(events.times)
    reached = reach_rates(events.action_names, rates)[events.actions] & counted[:, None]
    counts = [_window_counts(column, first) for column in reached.T]
    return shrink_rates(np.stack(counts, axis=1), _window_counts(counted, first)[:, None], rates)


def _event_values(spec: FeatureSpec, events: EventColumns) -> Doubles:
    """Values [n], NaN if missing. A like without a value counts as the highest value, a dislike as the lowest."""
    if spec.value_range is None:
        return np.full(len(events), np.nan)
    low, high = spec.value_range
    implied = np.array(
        [
            low if name in NEGATIVE_ACTIONS else high if name == Action.LIKE else np.nan
            for name in events.action_names
        ],
        dtype=np.float64,
    )
    values = events.values.astype(np.float64)
    return np.where(np.isnan(values), implied[events.actions], values) if len(events) else values


def _window_counts(has_value: Mask, first: Indices) -> Indices:
    """[n] the number of True entries in has_value[first[t] : t + 1], for every t."""
    running = np.concatenate([[0], np.cumsum(has_value)])
    return np.asarray(running[1:] - running[first], dtype=np.int64)


def _window_sums(values: Doubles, offsets: Indices) -> Doubles:
    """[n] the sum of the user's last WINDOW values, up to and including each.

    Users of similar length are summed in one table, each from zero. One running sum over all users would make the
    rounding of a user's sums depend on other users' values.
    """
    lengths = np.diff(offsets)
    sums = np.empty(len(values))
    magnitudes = np.frexp(lengths)[1]  # lengths in a group differ by less than a factor of two
    for magnitude in np.flatnonzero(np.bincount(magnitudes)).tolist():
        users = np.flatnonzero(magnitudes == magnitude)
        steps = np.arange(int(lengths[users].max()))
        inside = steps < lengths[users, None]
        rows = (offsets[users, None] + steps)[inside]
        table = np.zeros(inside.shape)
        table[inside] = values[rows]
        running = np.cumsum(table, axis=1)
        running[:, WINDOW:] -= running[:, :-WINDOW].copy()
        sums[rows] = running[inside]
    return sums
