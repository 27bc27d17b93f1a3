"""Search the k allowed rows with the greatest inner product, by FAISS or exactly."""

from dataclasses import dataclass
from typing import Protocol

import faiss
import numpy as np

from app.bundle.catalogue import Catalogue
from app.bundle.row_selector import select_rows
from models.contract.arrays import Floats, Indices, Mask
from models.ranking.candidates import search_exactly
from models.ranking.order import best_rows

OVER_FETCH = 500
"""With at most this many disallowed rows, fetching as many more is faster than a bitmap (docs/measurements.md)."""
FEW_ROWS = 20_000
"""With at most this many allowed rows, exact search is as fast as an index (docs/measurements.md)."""
FEW_SHARE = 0.05
"""With a smaller share of allowed rows an index loses recall (docs/measurements.md): exact search is used."""


class IndexUnusableError(Exception):
    """The index failed, or does not have the rows of the search."""


class SearchIndex(Protocol):
    """Search over the rows of a matrix by inner product."""

    def search(self, vector: Floats, k: int, allowed: Mask) -> Indices:
        """At most k rows of the mask `allowed` [n], best first, for a vector [D + 2].

        An approximate index may return fewer than exist. Raises IndexUnusableError.
        """


@dataclass(frozen=True, slots=True)
class ExactSearch:
    """Brute force over vectors [n, D + 2]: always min(k, allowed) rows."""

    vectors: Floats

    def search(self, vector: Floats, k: int, allowed: Mask) -> Indices:
        """Exact; ties by row."""
        return search_exactly(self.vectors, vector, k, allowed)


@dataclass(frozen=True, slots=True)
class FaissSearch:
    """A FAISS index whose ids are the rows 0 .. ntotal - 1."""

    index: faiss.Index

    def search(self, vector: Floats, k: int, allowed: Mask) -> Indices:
        """As exact as the index; fewer rows if its probed lists have fewer. Raises IndexUnusableError."""
        size = self.index.ntotal
        if size > len(allowed) or allowed[size:].any() or self.index.d != len(vector):
            raise IndexUnusableError(
                f"expected an index of {len(allowed)} rows of {len(vector)} numbers, "
                f"given {size} rows of {self.index.d}"
            )
        indexed = allowed[:size]
        dropped = size - int(np.count_nonzero(indexed))
        over_fetch = dropped <= OVER_FETCH
        fetched = k + dropped if over_fetch else k
        parameters = None if over_fetch else _search_parameters(self.index, indexed)
        try:
            _, ids = self.index.search(
                np.ascontiguousarray(vector[None], dtype=np.float32), min(fetched, size), params=parameters
            )
        except RuntimeError as error:
            raise IndexUnusableError(f"expected an answer of the index, given {error}") from error
        rows = ids[0][ids[0] >= 0]  # FAISS pads with -1
        return np.asarray(rows[indexed[rows]][:k], dtype=np.int64)


def nearest_rows(catalogue: Catalogue, index: SearchIndex, vector: Floats, k: int, allowed: Mask) -> Indices:
    """The min(k, allowed) rows with the greatest inner product with a vector [D + 2], best first.

    Exact if few rows are allowed, and over the rows that changed since the index was built; else as exact as the
    index. Raises IndexUnusableError.
    """
    count = int(np.count_nonzero(allowed))
    if count <= max(FEW_ROWS, FEW_SHARE * len(allowed)):
        return search_exactly(catalogue.vectors, vector, k, allowed)
    fresh, indexed = catalogue.fresh, allowed.copy()
    indexed[fresh] = False
    rows = index.search(vector, k, indexed)
    if len(rows) < min(k, int(np.count_nonzero(indexed))):
        return search_exactly(catalogue.vectors, vector, k, allowed)
    rows = np.concatenate([rows, fresh[allowed[fresh]]])
    return rows[best_rows(catalogue.vectors[rows] @ vector, k)]


def _search_parameters(index: faiss.Index, allowed: Mask) -> faiss.SearchParameters:
    """Search parameters that select the allowed rows. The stubs of faiss lack its keyword arguments."""
    selector = select_rows(allowed)
    lists = faiss.try_extract_index_ivf(index)
    if lists is not None:
        return faiss.SearchParametersIVF(sel=selector, nprobe=lists.nprobe)  # type: ignore[call-arg]
    return faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
