"""The candidates of a list: how many, from which sources, and how the sources' rows are joined.

The service's sources and the offline evaluation call the same functions, so that both rank the same candidates.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from models.contract.arrays import Floats, Indices, Mask
from models.ranking.similarity import unit_rows

WIDE = 2_000
"""Candidates of a wide search: a catalogue of up to this many items is ranked whole."""
POPULAR_SHARE = Fraction(1, 6)
SIMILAR_SHARE = Fraction(1, 6)
TEXT_SHARE = Fraction(1, 3)
"""Parts of the candidates that popular items, items like the last liked item, and items near to a text may take."""
SIMILAR_POOL = 4
"""`select_similar` takes this many times k rows by inner product, and keeps the best k by cosine."""
GATHERED_SHARE = 0.5
"""Below this share of the rows, copying them out and scoring only them is cheaper than scoring all."""

Nearest = Callable[[Floats, int, Mask], Indices]
"""(vector [D + 1], k, allowed [n]) -> the at most k allowed rows of the greatest inner product, best first."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How many candidates are scored. A wide search looks further, and leaves the sources' shares as they are.

    Retrieval goes by the `next` head, so a list whose weights give `next` nothing needs a wide search.
    """

    candidates: int
    wide: bool = False

    @property
    def total(self) -> int:
        """Candidates in all, at most."""
        return max(WIDE, self.candidates) if self.wide else self.candidates

    def share(self, part: Fraction) -> int:
        """The most candidates of a source with this part of the budget."""
        return self.candidates * part.numerator // part.denominator


@dataclass(frozen=True, slots=True)
class ItemArrays:
    """The columns of n items that the sources read."""

    vectors: Floats  # [n, D + 1] the last number is the bias
    centre: Floats  # [D] the mean item, from which cosines are measured
    recent: Floats  # [n] recent interactions (the statistic `recent`)


def select_candidates(
    items: ItemArrays, vector: Floats, allowed: Mask, liked_row: int | None, budget: Budget
) -> Indices:
    """The rows, distinct, that the service scores for a user's vector [D + 1], by exact search and without a text.

    `allowed` [n] marks the rows that may be answered; `liked_row` is the last liked item's, None where there is
    none. At most `budget.total` rows, and all allowed rows where there are no more.
    """

    def nearest(probe: Floats, k: int, among: Mask) -> Indices:
        return search_exactly(items.vectors, probe, k, among)

    others = [select_popular(items.recent, allowed, budget.share(POPULAR_SHARE))]
    if liked_row is not None:
        k = budget.share(SIMILAR_SHARE)
        others.append(select_similar(items.vectors, items.centre, liked_row, allowed, k, nearest))
    return merge_candidates(nearest(vector, budget.total, allowed), others, budget.total)


def select_popular(recent: Floats, allowed: Mask, k: int) -> Indices:
    """The k allowed rows with the greatest recent statistic [n], best first; an item without any is not popular."""
    rows = np.flatnonzero(allowed & (recent > 0))
    return rows[best_rows(recent[rows], k)]


def select_similar(
    vectors: Floats, centre: Floats, row: int, allowed: Mask, k: int, nearest: Nearest
) -> Indices:
    """The k allowed rows, but not `row`, of the greatest cosine with the item at `row`, best first.

    Out of the nearest by inner product, of vectors [n, D + 1] without the bias, measured from the centre [D].
    """
    if k == 0:
        return np.zeros(0, dtype=np.int64)
    probe = np.append(vectors[row, :-1] - centre, np.float32(0))
    others = allowed.copy()
    others[row] = False
    pool = nearest(probe, SIMILAR_POOL * k, others)
    cosine = unit_rows(vectors[pool, :-1] - centre) @ probe[:-1]  # the probe's length changes no order
    return pool[best_rows(cosine, k)]


def merge_candidates(neighbours: Indices, others: Sequence[Indices], total: int) -> Indices:
    """Distinct rows of all sources: first as many neighbours as the others leave of the total, then the others.

    A neighbour that another source has too takes no room.
    """
    shared = dict.fromkeys(row for rows in others for row in rows.tolist())
    alone = [row for row in neighbours.tolist() if row not in shared]
    cut = set(alone[max(total - len(shared), 0) :])
    kept = (row for row in neighbours.tolist() if row not in cut)
    return np.array(list(dict.fromkeys([*kept, *shared])), dtype=np.int64)


def search_exactly(vectors: Floats, vector: Floats, k: int, allowed: Mask) -> Indices:
    """The min(k, allowed) allowed rows of the greatest inner product with a vector, best first; ties by row.

    Vectors [n, D], vector [D], allowed [n].
    """
    rows = np.flatnonzero(allowed)
    few = len(rows) < GATHERED_SHARE * len(vectors)
    with np.errstate(
        invalid="ignore"
    ):  # BLAS kernels may raise the flag for lanes past the end of finite rows
        scores = vectors[rows] @ vector if few else (vectors @ vector)[rows]
    return rows[best_rows(scores, k)]


def best_rows(scores: Floats, k: int) -> Indices:
    """Rows of the k greatest scores [n], greatest first; ties by row, non-finite scores sort last."""
    finite = np.where(np.isfinite(scores), scores, -np.inf)
    if k >= len(finite):
        return np.argsort(-finite, kind="stable")
    if k == 0:
        return np.zeros(0, dtype=np.int64)
    least = np.partition(finite, len(finite) - k)[len(finite) - k]
    rows = np.flatnonzero(finite >= least)  # ascending; more than k where the least is tied
    return rows[np.argsort(-finite[rows], kind="stable")][:k]
