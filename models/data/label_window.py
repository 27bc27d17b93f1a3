"""Widen a condition over interactions to later ones of the same user and item, such as "a purchase within 7 days"."""

from collections.abc import Sequence

import numpy as np

from models.contract.arrays import Doubles, Indices, Mask
from models.contract.predicate import Truth
from models.contract.tasks import Per
from models.data.interactions import Interactions


def widen_condition(
    truth: Truth,
    log: Interactions,
    within_s: float,
    cuts: Sequence[float] = (),
    per: Per = Per.EVENT,
) -> Truth:
    """The truth [n] that a condition holds of an interaction, or of one of its user and item up to `within_s` later.

    `truth` [n] is that of the interactions themselves, `within_s` in seconds. `per` user: that it holds of a later one
    of the user with any item, up to so much later; the interaction itself does not count, nor another at its moment.
    `cuts` [c], ascending Unix seconds: the moments at which the parts of the log begin. What would need an interaction
    after the end of its own part is unknown, also if the condition is met before: to know the early answers alone would
    make the labels of the last days too often true, and to look beyond a cut would let training see what is tested.
    """
    if not len(log):
        return truth
    last = np.nextafter(log.times.max(initial=0.0), np.inf)
    ends = np.minimum(np.array([*cuts, last]), last)
    is_over = log.times + within_s < ends[np.searchsorted(np.array(cuts), log.times, side="right")]
    subjects = log.items if per is Per.EVENT else np.zeros_like(log.items)
    order = np.lexsort((log.times, subjects, log.users))
    users, items, times = log.users[order], subjects[order], log.times[order]
    begins = np.ones(len(order), dtype=np.bool_)  # a row of another user or item than the row before it
    begins[1:] = (users[1:] != users[:-1]) | (items[1:] != items[:-1])
    is_later = begins.copy()
    is_later[1:] |= times[1:] > times[:-1]
    start = _find_first(is_later) if per is Per.EVENT else _find_next(is_later)
    group: Indices = np.cumsum(begins)
    met, unclear = (
        _has_soon(mask[order], start, group, times, within_s) for mask in (truth.true, ~truth.known)
    )
    true, false = np.zeros((2, len(order)), dtype=np.bool_)
    true[order], false[order] = met, ~met & ~unclear
    return Truth(true & is_over, false & is_over)


def _find_first(is_later: Mask) -> Indices:
    """[n] the first row at each row's moment, of rows whose moment is later than that of the row before, or not."""
    return np.asarray(np.maximum.accumulate(np.where(is_later, np.arange(len(is_later)), 0)))


def _find_next(is_later: Mask) -> Indices:
    """[n] the first row after each row's moment, of rows as for `_find_first`; n after the last moment."""
    count = len(is_later)
    ahead = np.where(is_later, np.arange(count), count)
    ahead = np.append(ahead[1:], count)
    return np.asarray(np.minimum.accumulate(ahead[::-1])[::-1])


def _has_soon(mask: Mask, start: Indices, group: Indices, times: Doubles, within_s: float) -> Mask:
    """[n] True where a row of the same group, from the row `start` [n] on and up to `within_s` later, is in `mask` [n].

    Rows are sorted by group and time; `start` is n where there is no such row.
    """
    count = len(mask)
    following = np.minimum.accumulate(np.where(mask, np.arange(count), count)[::-1])[::-1]
    found = np.append(following, count)[start]  # the next row in the mask; n: none
    there = np.minimum(found, count - 1)
    return np.asarray((found < count) & (group[there] == group) & (times[there] <= times + within_s))
