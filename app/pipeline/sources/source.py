"""The type of candidate sources (name, function, share of the candidates), and their input."""

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
    index: SearchIndex  # over the catalogue's rows
    centre: Floats  # [D] the mean item vector, subtracted for cosines
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

    name: str  # in the answer's `sources`
    find: Callable[[RetrievalContext, int], Indices | None]
    """(context, k) -> at most k allowed rows, best first; None if the source does not apply to the request."""
    share: Fraction | None = None  # of the candidates; None: all that the other sources leave
