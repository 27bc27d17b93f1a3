"""Retrieve candidates: search every source and merge the rows into min(total, allowed) candidates."""

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
    """Retrieve candidates among the allowed rows.

    Every source with a share gives its best rows; the source without one fills the rest. If the index fails, exact
    search replaces it, and `degraded` has EXACT_SEARCH. Raises ValueError if the shares leave no rest.
    """
    sources = choose_sources(context.query)
    degraded: tuple[str, ...] = ()
    try:
        rows_of = search_sources(sources, context, budget)
    except IndexUnusableError:
        exact = replace(context, index=ExactSearch(context.catalogue.vectors))
        rows_of = search_sources(sources, exact, budget)
        degraded = (EXACT_SEARCH,)
    rows = _merge_rows(sources, rows_of, budget)
    return Candidates(
        rows=rows,
        sources=tuple(rows_of),
        from_source=mark_sources(rows, rows_of),
        allowed=int(np.count_nonzero(context.allowed)),
        degraded=degraded,
    )


def search_sources(
    sources: Sequence[Source], context: RetrievalContext, budget: Budget
) -> dict[str, Indices]:
    """Name -> rows, best first, of every source that applies to the request."""
    limits = source_limits(sources, budget)
    rows_of = {}
    for source, k in zip(sources, limits, strict=True):
        rows = source.find(context, k)
        if rows is not None:
            rows_of[source.name] = rows
    return rows_of


def mark_sources(rows: Indices, rows_of: Mapping[str, Indices]) -> Mask:
    """[S, K] True where a source has the candidate's row."""
    position_of = {row: position for position, row in enumerate(rows.tolist())}
    from_source = np.zeros((len(rows_of), len(rows)), dtype=np.bool_)
    for marks, source_rows in zip(from_source, rows_of.values(), strict=True):
        marks[[position_of[row] for row in source_rows.tolist() if row in position_of]] = True
    return from_source


def source_limits(sources: Sequence[Source], budget: Budget) -> list[int]:
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


def _merge_rows(sources: Sequence[Source], rows_of: Mapping[str, Indices], budget: Budget) -> Indices:
    """Distinct rows of all sources; only the rows of the source without a share are cut."""
    fill = {source.name for source in sources if source.share is None}
    neighbours = [rows for name, rows in rows_of.items() if name in fill]
    others = [rows for name, rows in rows_of.items() if name not in fill]
    return merge_candidates(np.concatenate([np.zeros(0, dtype=np.int64), *neighbours]), others, budget.total)
