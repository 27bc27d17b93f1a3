"""Item statistics: how often and how well an item was taken, as known at a moment and not later."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Floats, Indices
from models.contract.features import DAY

STATISTICS = ("recent", "total", "value")
"""Columns: log1p of the decayed count, log1p of the count, shrunk mean value (standardised)."""
PRIOR_EVENTS = 10.0
"""A mean value is shrunk towards the overall mean as if by this many average events."""


@dataclass(frozen=True, slots=True)
class ItemEvents:
    """n interactions as arrays, oldest first, item rows counted from 0; value NaN where there is none."""

    items: Indices  # [n]
    times: NDArray[np.float64]  # [n]
    values: Floats  # [n] standardised, NaN: none


def item_statistics(
    events: ItemEvents, at: NDArray[np.float64], n_items: int, half_life_days: float
) -> Floats:
    """Statistics [len(at), n_items, len(STATISTICS)] as known just before each ascending moment of `at`."""
    order = np.searchsorted(events.times, at, side="left")
    decayed, count = np.zeros(n_items), np.zeros(n_items)
    value_sum, value_count = np.zeros(n_items), np.zeros(n_items)
    table = np.empty((len(at), n_items, len(STATISTICS)), dtype=np.float32)
    start, before = 0, float(at[0]) if len(at) else 0.0
    for number, (stop, moment) in enumerate(zip(order, at, strict=True)):
        part = slice(start, int(stop))
        decayed *= 0.5 ** ((moment - before) / (half_life_days * DAY))
        age = (moment - events.times[part]) / (half_life_days * DAY)
        np.add.at(decayed, events.items[part], 0.5**age)
        np.add.at(count, events.items[part], 1)
        known = ~np.isnan(events.values[part])
        np.add.at(value_sum, events.items[part][known], events.values[part][known])
        np.add.at(value_count, events.items[part][known], 1)
        table[number, :, 0] = np.log1p(decayed)
        table[number, :, 1] = np.log1p(count)
        table[number, :, 2] = value_sum / (value_count + PRIOR_EVENTS)
        start, before = int(stop), float(moment)
    return table
