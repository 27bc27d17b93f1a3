"""The ages of items in bands, from the first event of each that the bundle has."""

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
OLDEST = "older"
BANDS = (("day", DAY_S), ("week", 7 * DAY_S), ("month", 30 * DAY_S), ("year", 365 * DAY_S))
"""Name, and the age in seconds below which an item is in it."""


@dataclass(frozen=True, slots=True, eq=False)
class ItemAges:
    """The time of the first event of each of the bundle's items."""

    first: Doubles = field(default_factory=lambda: np.zeros(0))  # [I] Unix seconds, inf for none
    is_known: bool = False

    def name(self, row: int | None, now: float) -> str:
        """The band of a catalogue's row at a moment in Unix seconds."""
        if not self.is_known:
            return UNKNOWN
        first = np.inf if row is None or row >= len(self.first) else self.first[row]
        if first == np.inf:
            return NEW
        return next((name for name, below in BANDS if now - first < below), OLDEST)


def measure_item_ages(histories: EventColumns, items: int, timed: bool) -> ItemAges:
    """The ages of the items of a bundle; unknown if its events are without times, or none are in it."""
    known = has_time(histories.times) & (histories.items >= 0)
    if not timed or not known.any():
        return ItemAges()
    first = np.full(items, np.inf)
    np.minimum.at(first, histories.items[known], histories.times[known])
    return ItemAges(first, True)
