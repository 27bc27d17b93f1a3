"""Readings of a history: how many of a user's last events count, and how much less each one than the next."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.contract.arrays import Indices


@dataclass(frozen=True, slots=True)
class Reading:
    """The last `events` of a user, all for None; `decay` is the factor from one to the one before it."""

    events: int | None = None
    decay: float = 1.0

    @property
    def settings(self) -> str:
        """The settings as the table prints them; empty for all events alike."""
        if self.events is None:
            return ""
        return "last item" if self.events == 1 else f"last {self.events}, recency {self.decay:g}"


def weigh_histories(items: Indices, offsets: Indices, item_count: int, reading: Reading) -> sparse.csr_array:
    """float32 [U, I]: decay to the age of the user's newest event with the item; absent beyond `reading.events`.

    From n items by user, oldest first, with offsets [U + 1]. The newest event has age 0.
    """
    lengths = np.diff(offsets)
    users = np.repeat(np.arange(len(lengths)), lengths)
    age = np.repeat(offsets[1:], lengths) - 1 - np.arange(len(items))
    pairs = users * item_count + items
    # np.unique keeps the first of equal pairs, which is the newest once the order is reversed
    newest = len(items) - 1 - np.unique(pairs[::-1], return_index=True)[1]
    if reading.events is not None:
        newest = newest[age[newest] < reading.events]
    weights = (reading.decay ** age[newest]).astype(np.float32)
    return sparse.csr_array((weights, (users[newest], items[newest])), shape=(len(lengths), item_count))
