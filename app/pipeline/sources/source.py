"""A candidate source: its name, its function and its part of the candidates; and the context that it searches in."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from app.bundle.catalogue import Catalogue
from app.bundle.vector_index import SearchIndex, nearest_rows
from app.pipeline.types import Encoded, Query
from models.contract.arrays import Floats, Indices, Mask


@dataclass(frozen=True, slots=True)
class RetrievalContext:
    """The inputs of every source for one request."""

    catalogue: Catalogue
    index: SearchIndex  # its row numbers are the catalogue's
    centre: Floats  # [D] the mean item, from which cosines are measured
    query: Query
    encoded: Encoded
    allowed: Mask  # [n] rows that may be answered
    liked_row: int | None  # row of the last liked item

    def nearest(self, vector: Floats, k: int, allowed: Mask) -> Indices:
        """The min(k, allowed) rows nearest to a vector [D + 1] by inner product; raises IndexUnusableError."""
        return nearest_rows(self.catalogue, self.index, vector, k, allowed)


@dataclass(frozen=True, slots=True)
class Source:
    """A named source of candidates."""

    name: str  # as the answer's `sources` lists it
    find: Callable[[RetrievalContext, int], Indices | None]
    """(context, k) -> at most k allowed rows, best first; None where the request gives nothing to search by."""
    share: Fraction | None = None  # part of the candidates; None: as many as the other sources leave
