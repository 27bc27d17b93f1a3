"""Item statistics: how often and how well users took an item, as known at a moment and not later."""

from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Doubles, Floats, Indices32
from models.contract.calendar import DAY

STATISTICS = ("recent", "total", "value")
"""Columns: log1p of the decayed count, log1p of the count, shrunk mean value (standardised)."""
PRIOR_EVENTS = 10.0
"""A mean value is shrunk towards the overall mean as if by this many average events."""


@dataclass(frozen=True, slots=True)
class ItemEvents:
    """n interactions as arrays, oldest first, item rows counted from 0; value NaN where there is none."""

    items: Indices32  # [n]
    times: Doubles  # [n]
    values: Floats  # [n] standardised, NaN: none


def item_statistics(events: ItemEvents, at: Doubles, n_items: int, half_life_days: float) -> Floats:
    """Statistics [len(at), n_items, len(STATISTICS)] as known just before each ascending moment of `at`."""
    stops = np.searchsorted(events.times, at, side="left")
    decayed, count = np.zeros(n_items), np.zeros(n_items)
    value_sum, value_count = np.zeros(n_items), np.zeros(n_items)
    table = np.empty((len(at), n_items, len(STATISTICS)), dtype=np.float32)
    start, before = 0, float(at[0]) if len(at) else 0.0
    for number, (stop, moment) in enumerate(zip(stops, at, strict=True)):
        part = slice(start, int(stop))
        items, values = events.items[part], events.values[part].astype(np.float64)
        known = ~np.isnan(values)
        decayed *= 0.5 ** ((moment - before) / (half_life_days * DAY))
        age = (moment - events.times[part]) / (half_life_days * DAY)
        decayed += np.bincount(items, 0.5**age, n_items)
        count += np.bincount(items, minlength=n_items)
        value_sum += np.bincount(items[known], values[known], n_items)
        value_count += np.bincount(items[known], minlength=n_items)
        table[number, :, 0] = np.log1p(decayed)
        table[number, :, 1] = np.log1p(count)
        table[number, :, 2] = value_sum / (value_count + PRIOR_EVENTS)
        start, before = int(stop), float(moment)
    return table
