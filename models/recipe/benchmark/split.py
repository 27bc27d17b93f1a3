"""The split of a benchmark's log: the test lists, and the lists before them on which settings are chosen."""

from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Doubles
from models.contract.unix_time import has_time
from models.evaluation.protocols import build_cutoff_case
from models.recipe.benchmark.cold_items import ColdItems
from models.recipe.benchmark.cold_lists import rank_among, remove_events
from models.recipe.benchmark.global_cut import GlobalCut
from models.recipe.benchmark.held_out import HeldOut, keep_events, order_events
from models.recipe.benchmark.leave_out import hold_out
from models.recipe.benchmark.ordered_log import OrderedLog

HOUR = 3_600.0
LAST_ITEM = (
    "Each user's last item is held out. Everything is fitted on what comes before it, and all items of the catalogue "
    "that the user has not had are ranked. A user whose last item is a repetition has no list."
)
LAST_BUT_ONE = "on the last item but one of at most {lists:,} users"
LATEST = (
    "Held out, from one moment on for all users: the latest {part}. Everything is fitted on what comes before it, and "
    "all items of the catalogue that the user has not had are ranked. Relevant are all items that the user takes "
    "later; a user who takes nothing new has no list."
)
LATEST_BUT_ONE = "on the latest {part} before it, of at most {lists:,} users"


COLD = (
    " Of the items with events {share:.0%} are cold, drawn with seed {seed}: their other events are removed. The lists "
    "are those whose held-out item is cold. What a user had is not listed, removed or not."
)
ALL_ITEMS, COLD_ITEMS = "all items", "cold items alone"


@dataclass(frozen=True, slots=True)
class View:
    """The lists of validation and test, and what they rank."""

    candidates: str
    valid: HeldOut
    test: HeldOut
    named: bool = False  # the service is given the items to rank; else it looks for them


@dataclass(frozen=True, slots=True)
class Split:
    """The views, of which all have the same events before the test, and sentences that describe them."""

    views: tuple[View, ...]
    protocol: str
    tuning: str  # the choice of settings, with {lists} for their number

    @property
    def test(self) -> HeldOut:
        """The test lists of the first view."""
        return self.views[0].test


def split_log(log: OrderedLog, cut: GlobalCut | None, cold: ColdItems | None = None) -> Split:
    """Split at a moment, or without one leave each user's last item out, of `cold` items alone if there are any.

    Raises ValueError for a moment in a log without a clock, and for cold items with a moment.
    """
    if cut is not None:
        if cold is not None:
            raise ValueError("expected cold items where each user's last item is held out, given a moment")
        return _split_at_moment(log, cut)
    valid, test = hold_out(log, 2), hold_out(log, 1)
    if cold is None:
        return Split((View(ALL_ITEMS, valid, test),), LAST_ITEM, LAST_BUT_ONE)
    chosen = cold.choose(log.items, len(log.item_ids))
    valid, test = remove_events(valid, chosen), remove_events(test, chosen)
    if not len(test.case):
        raise ValueError("expected a user whose last item is cold, given none")
    alone = View(COLD_ITEMS, rank_among(valid, chosen), rank_among(test, chosen), named=True)
    protocol = LAST_ITEM + COLD.format(share=cold.share, seed=cold.seed)
    return Split((View(ALL_ITEMS, valid, test), alone), protocol, LAST_BUT_ONE)


def _split_at_moment(log: OrderedLog, cut: GlobalCut) -> Split:
    if log.times is None:
        raise ValueError("expected a log with times for a split at a moment, given an order")
    times = log.times[has_time(log.times)]
    test_at = cut.find_moment(times)
    valid_at = cut.find_moment(times[times < test_at])
    valid = hold_out_between(log, log.times, valid_at, test_at)
    test = hold_out_between(log, log.times, test_at, np.inf)
    part = name_part(cut)
    view = View(ALL_ITEMS, valid, test)
    return Split((view,), LATEST.format(part=part), LATEST_BUT_ONE.replace("{part}", part))


def name_part(cut: GlobalCut) -> str:
    """The held-out part in words."""
    if cut.seconds is not None:
        return f"{cut.seconds / HOUR:g} hours"
    return f"{cut.share:.0%} of the events"


def hold_out_between(log: OrderedLog, times: Doubles, begin: float, end: float) -> HeldOut:
    """Hold out the events with times [n] from `begin` on and before `end`; later events are left out altogether."""
    kept, held = times < begin, (times >= begin) & (times < end)
    sizes = (len(log.user_ids), len(log.item_ids))
    before, after = (
        order_events(log.users[mask], log.items[mask], times[mask], sizes) for mask in (kept, held)
    )
    return keep_events(log, kept, build_cutoff_case(before, after), begin)
