"""The lists whose held-out item is cold, without the events of cold items."""

from dataclasses import replace

import numpy as np

from models.contract.arrays import Mask
from models.evaluation.protocols import RankingCase, pairs_matrix
from models.recipe.benchmark.held_out import HeldOut


def remove_events(held_out: HeldOut, cold: Mask) -> HeldOut:
    """Without the events of the items in `cold` [I], and with the lists of these items alone.

    What a user had counts as seen even where its event is removed, so that no list has it.
    """
    kept = ~cold[held_out.items]
    users = np.repeat(np.arange(len(held_out.offsets) - 1), np.diff(held_out.offsets))[kept]
    return replace(
        held_out,
        items=held_out.items[kept],
        offsets=np.searchsorted(users, np.arange(len(held_out.offsets))).astype(np.int64),
        rows=held_out.rows[kept],
        case=held_out.case.keep_relevant(cold).case,
        times=None if held_out.times is None else held_out.times[kept],
    )


def rank_among(held_out: HeldOut, items: Mask) -> HeldOut:
    """The same lists with the items in `items` [I] alone as candidates: the others count as seen."""
    case, others = held_out.case, np.flatnonzero(~items)
    rows = np.repeat(np.arange(len(case)), len(others))
    outside = pairs_matrix(rows, np.tile(others, len(case)), case.seen.shape)
    seen = (case.seen + outside).astype(np.bool_).tocsr()
    return replace(held_out, case=RankingCase(case.users, seen, case.relevant))
