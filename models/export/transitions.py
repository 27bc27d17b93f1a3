"""Fit of the transition table: the log lift of an item in the few events after another (a windowed Markov chain)."""

import numpy as np
from scipy import sparse

from models.contract.arrays import Doubles, Indices
from models.contract.item_links import LinkTable
from models.export.strongest_links import keep_strongest

GAPS = 5
"""Events after an event in which an item counts as following it."""
GAP_DECAY = 0.8
"""The weight of a pair from one gap to the next."""
PRIOR_EVENTS = 1_000.0
"""Shrinkage of the lift: an item's share of all events counts as if seen in so many following events."""


def fit_transitions(items: Indices, offsets: Indices, item_count: int, keep: int) -> LinkTable:
    """The `keep` strongest transitions of each item, from n events by user, oldest first, offsets [U + 1].

    The weight of i -> j is log(1 + c / (PRIOR_EVENTS * p)), with c the decayed count of j after i, and p the share of j
    among all events.
    """
    return keep_strongest(measure_lift(count_pairs(items, offsets, item_count), items), keep)


def measure_lift(counts: sparse.csr_array, items: Indices) -> sparse.csr_array:
    """[I, I] the weights of transitions with these counts, in a log of these items [n]; see fit_transitions."""
    item_count = counts.shape[0]
    share = (np.bincount(items, minlength=item_count) + 0.5) / (len(items) + 0.5 * item_count)
    lift: Doubles = np.log1p(counts.data / (PRIOR_EVENTS * share[counts.indices]))
    return sparse.csr_array((lift, counts.indices, counts.indptr), shape=counts.shape)


def count_pairs(items: Indices, offsets: Indices, item_count: int, gaps: int = GAPS) -> sparse.csr_array:
    """[I, I] the decayed number of times that item j came 1 to `gaps` events after item i."""
    user = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    total = sparse.csr_array((item_count, item_count), dtype=np.float64)
    for gap in range(1, gaps + 1):
        same = user[gap:] == user[:-gap]
        before, after = items[:-gap][same], items[gap:][same]
        differ = before != after
        weight = np.full(int(differ.sum()), GAP_DECAY ** (gap - 1))
        total += sparse.csr_array((weight, (before[differ], after[differ])), shape=total.shape)
    return total
