"""Candidate selection: the budget, exact search, popular and similar items, and the merge of the sources.

The service's sources and the offline evaluation call these functions, so that both rank the same candidates.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from models.contract.arrays import Floats, Indices, Mask
from models.ranking.order import best_rows
from models.ranking.similarity import unit_rows

WIDE = 2_000
"""Candidates of a wide search, which therefore ranks all items of a catalogue of up to this size."""
POPULAR_SHARE = Fraction(1, 6)
SIMILAR_SHARE = Fraction(1, 6)
TEXT_SHARE = Fraction(1, 3)
"""Shares of the candidates for popular items, items similar to the last liked item, and items near a text."""
SIMILAR_POOL = 4
"""`select_similar` retrieves this many times k rows by inner product and keeps the best k by cosine."""
GATHER_BELOW = 0.5
"""If the allowed rows are below this share, copying and scoring only them is faster than scoring all rows."""

Nearest = Callable[[Floats, int, Mask], Indices]
"""(vector [D + 1], k, allowed [n]) -> at most k allowed rows with the greatest inner product, best first."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The number of candidates to score. A wide search has more of them; the shares of the sources stay the same.

    Retrieval ranks by the `next` head, so a list whose weights exclude `next` needs a wide search.
    """

    candidates: int
    wide: bool = False

    @property
    def total(self) -> int:
        """The most candidates in total."""
        return max(WIDE, self.candidates) if self.wide else self.candidates

    def share(self, part: Fraction) -> int:
        """The most candidates of a source with this share of the budget."""
        return self.candidates * part.numerator // part.denominator


@dataclass(frozen=True, slots=True)
class RetrievalTable:
    """The columns of n items that candidate selection reads."""

    vectors: Floats  # [n, D + 1] the last column is the bias
    centre: Floats  # [D] the mean item, the origin for cosines
    recent: Floats  # [n] the item statistic `recent`


def select_candidates(
    items: RetrievalTable, vector: Floats, allowed: Mask, liked_row: int | None, budget: Budget
) -> Indices:
    """The distinct rows that the service scores for a user vector [D + 1], by exact search and without a text query.

    `allowed` [n] marks the rows that pass the filters; `liked_row` is the row of the last liked item, or None.
    Returns at most `budget.total` rows, and all allowed rows if they fit.
    """

    def nearest(probe: Floats, k: int, mask: Mask) -> Indices:
        return search_exactly(items.vectors, probe, k, mask)

    others = [select_popular(items.recent, allowed, budget.share(POPULAR_SHARE))]
    if liked_row is not None:
        k = budget.share(SIMILAR_SHARE)
        others.append(select_similar(items.vectors, items.centre, liked_row, allowed, k, nearest))
    return merge_candidates(nearest(vector, budget.total, allowed), others, budget.total)


def select_popular(recent: Floats, allowed: Mask, k: int) -> Indices:
    """The k allowed rows with the greatest recent statistic [n], best first; rows with 0 are left out."""
    rows = np.flatnonzero(allowed & (recent > 0))
    return rows[best_rows(recent[rows], k)]


def select_similar(
    vectors: Floats, centre: Floats, row: int, allowed: Mask, k: int, nearest: Nearest
) -> Indices:
    """The k allowed rows other than `row` with the greatest cosine to the item at `row`, best first.

    They are chosen among the SIMILAR_POOL * k nearest by inner product. Vectors [n, D + 1] are used without the bias
    and relative to `centre` [D].
    """
    if k == 0:
        return np.zeros(0, dtype=np.int64)
    probe = np.append(vectors[row, :-1] - centre, np.float32(0))
    others = allowed.copy()
    others[row] = False
    pool = nearest(probe, SIMILAR_POOL * k, others)
    # The length of the probe does not change the order.
    cosine = unit_rows(vectors[pool, :-1] - centre) @ probe[:-1]
    return pool[best_rows(cosine, k)]


def merge_candidates(neighbours: Indices, others: Sequence[Indices], total: int) -> Indices:
    """Merge the sources to distinct rows: neighbours first, cut so that all rows of the other sources fit in the total.

    A neighbour that is also in another source is never cut.
    """
    other_rows = dict.fromkeys(row for rows in others for row in rows.tolist())
    neighbours_only = [row for row in neighbours.tolist() if row not in other_rows]
    cut = set(neighbours_only[max(total - len(other_rows), 0) :])
    kept = (row for row in neighbours.tolist() if row not in cut)
    return np.array(list(dict.fromkeys([*kept, *other_rows])), dtype=np.int64)


def search_exactly(vectors: Floats, vector: Floats, k: int, allowed: Mask) -> Indices:
    """The at most k allowed rows with the greatest inner product with a vector, best first; ties by row.

    vectors [n, D], vector [D], allowed [n].
    """
    rows = np.flatnonzero(allowed)
    gather = len(rows) < GATHER_BELOW * len(vectors)
    # BLAS kernels may raise the flag for lanes past the end of finite rows.
    with np.errstate(invalid="ignore"):
        scores = vectors[rows] @ vector if gather else (vectors @ vector)[rows]
    return rows[best_rows(scores, k)]
