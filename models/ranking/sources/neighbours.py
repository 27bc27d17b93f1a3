"""Candidate source: the items nearest to the user's vector, the order of the `next` head."""

from models.contract.arrays import Indices
from models.ranking.sources.source import RetrievalInput, Source


def find_neighbours(request: RetrievalInput, k: int) -> Indices:
    """The k allowed rows of the greatest inner product with the user's vector."""
    return request.nearest(request.vector, k, request.allowed)


NEIGHBOURS = Source("neighbours", find_neighbours)
