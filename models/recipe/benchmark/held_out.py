"""The events before the held-out ones, and the lists to rank."""

from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Doubles, Indices, Mask
from models.contract.calendar import DAY
from models.contract.unix_time import NO_TIME
from models.evaluation.protocols import InteractionSet, RankingCase
from models.recipe.benchmark.ordered_log import OrderedLog


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The m events of U users before the held-out ones, and C lists of held-out items that are new to their users."""

    items: Indices  # [m] by user and oldest first
    offsets: Indices  # [U + 1]
    rows: Indices  # [m] their rows in the log's table, -1 for earlier events
    case: RankingCase
    times: Doubles | None = None  # [m] as in OrderedLog
    cut: float | None = None  # Unix seconds at which the lists are made; None for a log without a clock

    def interactions(self) -> InteractionSet:
        """The events, from which baselines learn."""
        users = np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))
        sizes = (len(self.offsets) - 1, self.case.seen.shape[1])
        return order_events(users, self.items, self.times, sizes)

    def lengths(self) -> Indices:
        """[C] the number of events of each list's user."""
        return np.diff(self.offsets)[self.case.users]

    def item_events(self) -> Indices:
        """[I] the number of events of each item, of all users."""
        return np.bincount(self.items, minlength=self.case.seen.shape[1]).astype(np.int64)

    def item_ages(self) -> Doubles | None:
        """[I] days from each item's first event to the cut; None for a log without a clock.

        Infinite for an item with an earlier event, which has no time; nan for one without any event.
        """
        if self.times is None or self.cut is None:
            return None
        first = np.full(self.case.seen.shape[1], np.inf)
        np.minimum.at(first, self.items, self.times)
        ages = np.where(first == NO_TIME, np.inf, (self.cut - first) / DAY)
        return np.where(first == np.inf, np.nan, ages)


def order_events(
    users: Indices, items: Indices, times: Doubles | None, sizes: tuple[int, int]
) -> InteractionSet:
    """Events [m] by user as an InteractionSet of (users, items) in `sizes`, in the order of time where there is one."""
    if times is None:
        return InteractionSet(users, items, np.arange(len(items), dtype=np.float64), *sizes, timed=False)
    order = np.argsort(times, kind="stable")
    return InteractionSet(users[order], items[order], times[order], *sizes)


def keep_events(log: OrderedLog, kept: Mask, case: RankingCase, cut: float | None = None) -> HeldOut:
    """The lists of a case with the events of the log in `kept` [n]."""
    counts = np.bincount(log.users[kept], minlength=len(log.user_ids))
    return HeldOut(
        items=log.items[kept],
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        rows=log.rows[kept],
        case=case,
        times=None if log.times is None else log.times[kept],
        cut=cut,
    )
