"""Candidate source: the items whose text is near to the request's query, or to the profile's interests."""

from fractions import Fraction

from app.pipeline.sources.source import RetrievalContext
from models.contract.arrays import Indices
from models.ranking.candidates import search_exactly
from models.ranking.sources.source import Source


def find_by_text(context: RetrievalContext, k: int) -> Indices | None:
    """The at most k allowed rows with the greatest positive cosine of the texts; None without texts."""
    vectors, text = context.catalogue.text, context.encoded.text
    if text is None or not vectors.shape[1]:
        return None
    rows = search_exactly(vectors, text, k, context.allowed)
    return rows[vectors[rows] @ text > 0]


TEXT = Source("query", find_by_text, Fraction(1, 3))
