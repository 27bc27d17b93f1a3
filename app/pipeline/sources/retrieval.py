"""Candidates: every source's rows, joined so that min(total, allowed) come out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from app.bundle.vector_index import ExactSearch, IndexUnusableError
from app.pipeline.sources.registry import choose_sources
from app.pipeline.sources.source import RetrievalContext, Source
from app.pipeline.types import Candidates
from models.contract.arrays import Indices, Mask
from models.ranking.candidates import Budget, merge_candidates

EXACT_SEARCH = "retrieve:exact_search"


def retrieve(context: RetrievalContext, budget: Budget) -> Candidates:
    """Candidates among the allowed rows.

    Every source with a share gives its best rows, and the source without one fills the room that they leave.
    Where the index fails, exact search replaces it, and `degraded` says so. Raises ValueError where the shares
    leave no room.
    """
    sources = choose_sources(context.query)
    degraded: tuple[str, ...] = ()
    try:
        rows_of = search_sources(sources, context, budget)
    except IndexUnusableError:
        exact = replace(context, index=ExactSearch(context.catalogue.vectors))
        rows_of = search_sources(sources, exact, budget)
        degraded = (EXACT_SEARCH,)
    rows = _merge(sources, rows_of, budget)
    return Candidates(
        rows=rows,
        sources=tuple(rows_of),
        found_by=mark_sources(rows, rows_of),
        allowed=int(np.count_nonzero(context.allowed)),
        degraded=degraded,
    )


def search_sources(
    sources: Sequence[Source], context: RetrievalContext, budget: Budget
) -> dict[str, Indices]:
    """Name -> rows, best first, of every source that the request gives something to search by."""
    limits = source_limits(sources, budget)
    rows_of = {}
    for source, k in zip(sources, limits, strict=True):
        rows = source.find(context, k)
        if rows is not None:
            rows_of[source.name] = rows
    return rows_of


def mark_sources(rows: Indices, rows_of: Mapping[str, Indices]) -> Mask:
    """[S, K] True where a source has a candidate's row."""
    position_of = {row: position for position, row in enumerate(rows.tolist())}
    found_by = np.zeros((len(rows_of), len(rows)), dtype=np.bool_)
    for marks, source_rows in zip(found_by, rows_of.values(), strict=True):
        marks[[position_of[row] for row in source_rows.tolist() if row in position_of]] = True
    return found_by


def source_limits(sources: Sequence[Source], budget: Budget) -> list[int]:
    """The most rows of each source; raises ValueError where the shares leave nothing to the one without a share."""
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


def _merge(sources: Sequence[Source], rows_of: Mapping[str, Indices], budget: Budget) -> Indices:
    """Distinct rows of all sources; only those of the source without a share are cut."""
    fill = {source.name for source in sources if source.share is None}
    neighbours = [rows for name, rows in rows_of.items() if name in fill]
    others = [rows for name, rows in rows_of.items() if name not in fill]
    return merge_candidates(np.concatenate([np.zeros(0, dtype=np.int64), *neighbours]), others, budget.total)
