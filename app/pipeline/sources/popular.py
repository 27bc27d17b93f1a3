"""Candidate source: the items with the most recent interactions."""

from app.pipeline.sources.source import RetrievalContext, Source
from models.contract.arrays import Indices
from models.contract.statistics import STATISTICS
from models.ranking.candidates import POPULAR_SHARE, select_popular

RECENT = STATISTICS.index("recent")


def find_popular(context: RetrievalContext, k: int) -> Indices:
    """The k allowed rows with the most recent interactions, without items that have none."""
    return select_popular(context.catalogue.statistics[:, RECENT], context.allowed, k)


POPULAR = Source("popular", find_popular, POPULAR_SHARE)
