"""Leave one out: each user's last item is held out, and every item that the user has not had is ranked."""

import numpy as np

from models.evaluation.protocols import RankingCase, pairs_matrix
from models.recipe.benchmark.held_out import HeldOut, keep_events
from models.recipe.benchmark.ordered_log import OrderedLog


def hold_out(log: OrderedLog, back: int) -> HeldOut:
    """Hold out each user's event `back` events from the end, 1 for the last; later events are left out altogether.

    A user to whom that item is not new, or with nothing before it, has no list.
    """
    counts = np.maximum(np.diff(log.offsets) - back, 0)  # [U] earlier events
    position = np.arange(len(log.items)) - np.repeat(log.offsets[:-1], np.diff(log.offsets))
    kept = position < np.repeat(counts, np.diff(log.offsets))
    shape = (len(counts), len(log.item_ids))
    seen = pairs_matrix(log.users[kept], log.items[kept], shape)
    users = np.flatnonzero(counts).astype(np.int64)
    relevant = log.items[log.offsets[users] + counts[users]]
    held = users * shape[1] + relevant
    had = np.repeat(np.arange(len(counts)), np.diff(seen.indptr)) * shape[1] + seen.indices
    new = np.isin(held, had, invert=True)
    users, relevant = users[new], relevant[new]
    hits = pairs_matrix(np.arange(len(users)), relevant, (len(users), shape[1]))
    return keep_events(log, kept, RankingCase(users, seen[users], hits))
