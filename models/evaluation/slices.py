"""Slices of a ranking case: lists of new users, of users by the length of their history, and of new items."""

from collections.abc import Iterator

import numpy as np

from models.contract.arrays import Indices
from models.evaluation.protocols import RankingCase, RankingPart

HISTORIES: tuple[tuple[str, int, float], ...] = (
    ("new users (no earlier item)", 0, 0),
    ("1 to 9 earlier items", 1, 9),
    ("10 to 49 earlier items", 10, 49),
    ("50 or more earlier items", 50, np.inf),
)
"""Name, and the least and the most earlier items of a list's user."""
NEW_ITEMS = "new items (no event before the test)"


def cut_slices(case: RankingCase, popularity: Indices) -> Iterator[tuple[str, RankingPart]]:
    """Yield each slice that has lists. `popularity` [I]: the users of each item before the test.

    In the slice of new items only these count as relevant.
    """
    lengths = np.diff(case.seen.indptr)
    for name, least, most in HISTORIES:
        part = case.take_part((lengths >= least) & (lengths <= most))
        if len(part.lists):
            yield name, part
    part = case.keep_relevant(popularity == 0)
    if len(part.lists):
        yield NEW_ITEMS, part
