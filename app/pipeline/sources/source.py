"""The input of the service's candidate sources, and the adaptation of a source over arrays to it."""

from dataclasses import dataclass, field

from app.bundle.catalogue import Catalogue
from app.bundle.vector_index import SearchIndex, nearest_rows
from app.pipeline.types import Encoded, Query
from models.contract.arrays import Floats, Indices, Mask, make_no_rows
from models.ranking.sources.source import RetrievalInput, RetrievalTable, Source


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
    meets: Mask | None = None  # [n] the allowed rows that meet the whole plan; None if all do
    new_rows: Indices = field(default_factory=make_no_rows)  # [m] rows of new items
    partners: Indices | None = None  # [m] rows taken together with the user's last items, strongest first

    def nearest(self, vector: Floats, k: int, allowed: Mask) -> Indices:
        """The min(k, allowed) rows nearest to a vector [D + 2] by inner product; raises IndexUnusableError."""
        return nearest_rows(self.catalogue, self.index, vector, k, allowed)

    @property
    def arrays(self) -> RetrievalInput:
        """The input of the sources over arrays, which search the index."""
        items = RetrievalTable(self.catalogue.vectors, self.centre, self.catalogue.statistics)
        return RetrievalInput(
            items,
            self.encoded.vector,
            self.allowed,
            self.liked_row,
            self.nearest,
            self.encoded.link_logits,
            self.partners,
        )


RequestSource = Source[RetrievalContext]
"""A source that reads the whole request."""


def read_arrays(source: Source[RetrievalInput]) -> RequestSource:
    """The source over arrays as a source of the service; its search may raise IndexUnusableError."""

    def find(context: RetrievalContext, k: int) -> Indices | None:
        return source.find(context.arrays, k)

    return Source(source.name, find, source.share)
