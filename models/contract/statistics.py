"""Item statistics at given moments: recent count, total count, mean value."""

from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Doubles, Floats, Indices32
from models.contract.calendar import DAY

STATISTICS = ("recent", "total", "value")
"""The columns: log1p of the decayed count, log1p of the count, shrunk mean of the standardised values."""
RECENT = STATISTICS.index("recent")
"""The column of recent popularity."""
TOTAL = STATISTICS.index("total")
"""The column of all interactions."""
PRIOR_EVENTS = 10.0
"""Shrinkage of the mean value: as if the item had this many more events of average value."""


@dataclass(frozen=True, slots=True)
class ItemEvents:
    """n interactions as columns, oldest first."""

    items: Indices32  # [n] item rows
    times: Doubles  # [n]
    values: Floats  # [n] standardised; NaN: missing


def item_statistics(events: ItemEvents, at: Doubles, n_items: int, half_life_days: float) -> Floats:
    """Statistics [T, n_items, S] just before each of the ascending moments `at` [T], S = len(STATISTICS).

    Only events before a moment count. A count decays by half every `half_life_days` days.
    """
    stops = np.searchsorted(events.times, at, side="left")
    decayed, count = np.zeros(n_items), np.zeros(n_items)
    value_sum, value_count = np.zeros(n_items), np.zeros(n_items)
    table = np.empty((len(at), n_items, len(STATISTICS)), dtype=np.float32)
    start, before = 0, float(at[0]) if len(at) else 0.0
    for number, (stop, moment) in enumerate(zip(stops, at, strict=True)):
        part = slice(start, int(stop))
        items, values = events.items[part], events.values[part].astype(np.float64)
        has_value = ~np.isnan(values)
        decayed *= 0.5 ** ((moment - before) / (half_life_days * DAY))
        age = (moment - events.times[part]) / (half_life_days * DAY)
        decayed += np.bincount(items, 0.5**age, n_items)
        count += np.bincount(items, minlength=n_items)
        value_sum += np.bincount(items[has_value], values[has_value], n_items)
        value_count += np.bincount(items[has_value], minlength=n_items)
        table[number, :, 0] = np.log1p(decayed)
        table[number, :, 1] = np.log1p(count)
        table[number, :, 2] = value_sum / (value_count + PRIOR_EVENTS)
        start, before = int(stop), float(moment)
    return table
