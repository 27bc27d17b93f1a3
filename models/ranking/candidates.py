"""Candidate selection: the search of all sources, the merge of their rows, and exact search.

The service and the offline evaluation call these functions with one list of sources, so that both rank the same
candidates.
"""

from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np

from models.contract.arrays import Floats, Indices, Mask
from models.ranking.budget import Budget
from models.ranking.order import best_rows
from models.ranking.sources.registry import ARRAY_SOURCES
from models.ranking.sources.source import Input, RetrievalInput, RetrievalTable, Source

GATHER_BELOW = 0.5
"""If the allowed rows are below this share, copying and scoring only them is faster than scoring all rows."""


def select_candidates(
    items: RetrievalTable,
    vector: Floats,
    allowed: Mask,
    liked_row: int | None,
    budget: Budget,
    links: Floats | None = None,
) -> Indices:
    """The distinct rows that the service scores for a user vector [D + 2], by exact search and without a text query.

    `allowed` [n] marks the rows that pass the filters; `liked_row` is the row of the last liked item, or None; `links`
    [n] is the links' term of the logits.
    Returns at most `budget.total` rows, and all allowed rows if they fit.
    """

    def nearest(probe: Floats, k: int, mask: Mask) -> Indices:
        return search_exactly(items.vectors, probe, k, mask)

    request = RetrievalInput(items, vector, allowed, liked_row, nearest, links)
    return merge_sources(ARRAY_SOURCES, search_sources(ARRAY_SOURCES, request, budget), budget)


def search_sources(sources: Sequence[Source[Input]], request: Input, budget: Budget) -> dict[str, Indices]:
    """Name -> rows, best first, of every source that applies to the request."""
    limits = source_limits(sources, budget)
    rows_of = {}
    for source, k in zip(sources, limits, strict=True):
        rows = source.find(request, k)
        if rows is not None:
            rows_of[source.name] = rows
    return rows_of


def source_limits(sources: Sequence[Source[Input]], budget: Budget) -> list[int]:
    """The most rows of each source; raises ValueError if the shares leave nothing to the source without one."""
    shares = [0 if source.share is None else budget.share(source.share) for source in sources]
    if sum(shares) >= budget.candidates:
        names = ", ".join(source.name for source in sources if source.share is not None)
        raise ValueError(
            f"expected shares of {names} that leave some of {budget.candidates} candidates to the neighbours, "
            f"given {sum(shares)}"
        )
    return [
        budget.total if source.share is None else share for source, share in zip(sources, shares, strict=True)
    ]


def merge_sources(
    sources: Sequence[Source[Input]], rows_of: Mapping[str, Indices], budget: Budget
) -> Indices:
    """Distinct rows of all sources; only the rows of the source without a share are cut."""
    fill = {source.name for source in sources if source.share is None}
    neighbours = [rows for name, rows in rows_of.items() if name in fill]
    others = [rows for name, rows in rows_of.items() if name not in fill]
    return merge_candidates(np.concatenate([np.zeros(0, dtype=np.int64), *neighbours]), others, budget.total)


def merge_candidates(neighbours: Indices, others: Sequence[Indices], total: int) -> Indices:
    """Merge the sources to distinct rows: neighbours first, cut so that all rows of the other sources fit in the total.

    A neighbour that is also in another source is never cut.
    """
    other_rows = dict.fromkeys(chain.from_iterable(rows.tolist() for rows in others))
    room, merged = max(total - len(other_rows), 0), dict[int, None]()
    for row in neighbours.tolist():
        if row in other_rows:
            merged[row] = None
        elif room:
            merged[row] = None
            room -= 1
    return np.fromiter(merged | other_rows, dtype=np.int64)


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
