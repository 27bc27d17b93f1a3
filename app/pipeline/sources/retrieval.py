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
    from_source = np.zeros((len(rows_of), len(rows)), dtype=np.bool_)
    if not len(rows):
        return from_source
    order = np.argsort(rows)
    ascending = rows[order]
    for marks, source_rows in zip(from_source, rows_of.values(), strict=True):
        places = np.minimum(np.searchsorted(ascending, source_rows), len(rows) - 1)
        marks[order[places[ascending[places] == source_rows]]] = True
    return from_source
