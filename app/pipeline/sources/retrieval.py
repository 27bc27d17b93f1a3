"""Retrieve candidates: search every source and merge the rows into min(total, allowed) candidates."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from app.bundle.vector_index import ExactSearch, IndexUnusableError
from app.pipeline.sources.registry import choose_sources
from app.pipeline.sources.source import RetrievalContext
from app.pipeline.types import Candidates
from models.contract.arrays import Indices, Mask
from models.ranking.budget import Budget
from models.ranking.candidates import merge_sources, search_sources

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
    rows = merge_sources(sources, rows_of, budget)
    return Candidates(
        rows=rows,
        sources=tuple(rows_of),
        from_source=mark_sources(rows, rows_of),
        allowed=int(np.count_nonzero(context.allowed)),
        degraded=degraded,
    )


def mark_sources(rows: Indices, rows_of: Mapping[str, Indices]) -> Mask:
    """[S, K] True where a source has the candidate's row."""
    position_of = {row: position for position, row in enumerate(rows.tolist())}
    from_source = np.zeros((len(rows_of), len(rows)), dtype=np.bool_)
    for marks, source_rows in zip(from_source, rows_of.values(), strict=True):
        marks[[position_of[row] for row in source_rows.tolist() if row in position_of]] = True
    return from_source
