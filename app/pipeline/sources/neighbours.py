"""Candidate source: the items nearest to the user's vector, the order of the `next` head."""

from app.pipeline.sources.source import RetrievalContext, Source
from models.contract.arrays import Indices


def find_neighbours(context: RetrievalContext, k: int) -> Indices:
    """The k allowed rows of the greatest inner product with the user's vector; raises IndexUnusableError."""
    return context.nearest(context.encoded.vector, k, context.allowed)


NEIGHBOURS = Source("neighbours", find_neighbours)
