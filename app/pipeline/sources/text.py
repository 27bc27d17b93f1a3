"""Items whose text is near to the request's query, or to the interests stated in the profile."""

from app.pipeline.sources.source import RetrievalContext, Source
from models.contract.arrays import Indices
from models.ranking.candidates import TEXT_SHARE, search_exactly


def find_by_text(context: RetrievalContext, k: int) -> Indices | None:
    """The k allowed rows of the greatest cosine of the texts, where it is above 0; None without texts."""
    vectors, text = context.catalogue.text, context.encoded.text
    if text is None or not vectors.shape[1]:
        return None
    rows = search_exactly(vectors, text, k, context.allowed)
    return rows[vectors[rows] @ text > 0]


TEXT = Source("query", find_by_text, TEXT_SHARE)
