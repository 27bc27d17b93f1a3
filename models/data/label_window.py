"""Widen a condition over interactions to later ones of the same user and item, such as "a purchase within 7 days"."""

from collections.abc import Sequence

import numpy as np

from models.contract.arrays import Doubles, Indices, Mask
from models.contract.predicate import Truth
from models.data.interactions import Interactions


def widen_condition(truth: Truth, log: Interactions, within_s: float, cuts: Sequence[float] = ()) -> Truth:
    """The truth [n] that a condition holds of an interaction, or of one of its user and item up to `within_s` later.

    `truth` [n] is that of the interactions themselves, `within_s` in seconds.
    `cuts` [c], ascending Unix seconds: the moments at which the parts of the log begin. What would need an interaction
    after the end of its own part is unknown, also if the condition is met before: to know the early answers alone would
    make the labels of the last days too often true, and to look beyond a cut would let training see what is tested.
    """
    last = np.nextafter(log.times.max(initial=0.0), np.inf)
    ends = np.minimum(np.array([*cuts, last]), last)
    is_over = log.times + within_s < ends[np.searchsorted(np.array(cuts), log.times, side="right")]
    order = np.lexsort((log.times, log.items, log.users))
    users, items, times = log.users[order], log.items[order], log.times[order]
    begins = np.ones(len(order), dtype=np.bool_)  # a row of another user or item than the row before it
    begins[1:] = (users[1:] != users[:-1]) | (items[1:] != items[:-1])
    met, unclear = (_has_soon(mask[order], begins, times, within_s) for mask in (truth.true, ~truth.known))
    true, false = np.zeros((2, len(order)), dtype=np.bool_)
    true[order], false[order] = met, ~met & ~unclear
    return Truth(true & is_over, false & is_over)


def _has_soon(mask: Mask, begins: Mask, times: Doubles, within_s: float) -> Mask:
    """[n] True where one of the rows of the same group, at the same time or up to `within_s` later, is in `mask` [n].

    Rows are sorted by group and time; `begins` [n] marks the first row of each group.
    """
    count = len(mask)
    rows: Indices = np.arange(count)
    group = np.cumsum(begins)
    is_later = begins.copy()
    is_later[1:] |= times[1:] > times[:-1]
    first = np.maximum.accumulate(np.where(is_later, rows, 0))  # of the rows of one group at one time
    following = np.minimum.accumulate(np.where(mask, rows, count)[::-1])[
        ::-1
    ]  # the next row in the mask; n: none
    found = following[first] if count else rows
    there = np.minimum(found, count - 1)
    return np.asarray((found < count) & (group[there] == group) & (times[there] <= times + within_s))
