"""The ages of items in bands, from the first event of each that the bundle has."""

import math
from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np

from models.contract.arrays import Doubles
from models.contract.events import EventColumns
from models.contract.unix_time import has_time

DAY_S = 86_400.0
NEW = "new"
"""An item without an event in the bundle: put later, or never taken."""
UNKNOWN = "unknown"
"""An item of a bundle without the times of events."""
AGES = (DAY_S, 7 * DAY_S, 30 * DAY_S, 365 * DAY_S)
"""The age in seconds at which each band ends, in the order of NAMES; the last one has no end."""
NAMES = ("day", "week", "month", "year", "older")


@dataclass(frozen=True, slots=True, eq=False)
class ItemAges:
    """The time of the first event of each of the bundle's items."""

    first: Doubles = field(default_factory=lambda: np.zeros(0))  # [I] Unix seconds, inf for none
    is_known: bool = False

    def name(self, row: int | None, now: float) -> str:
        """The band of a catalogue's row at a moment in Unix seconds."""
        if not self.is_known:
            return UNKNOWN
        if row is None or row >= len(self.first) or self.first.item(row) == math.inf:
            return NEW
        return NAMES[bisect_right(AGES, now - self.first.item(row))]


def measure_item_ages(histories: EventColumns, items: int, timed: bool) -> ItemAges:
    """The ages of the items of a bundle; unknown if its events are without times, or none are in it."""
    known = has_time(histories.times) & (histories.items >= 0)
    if not timed or not known.any():
        return ItemAges()
    first = np.full(items, np.inf)
    np.minimum.at(first, histories.items[known], histories.times[known])
    return ItemAges(first, True)
