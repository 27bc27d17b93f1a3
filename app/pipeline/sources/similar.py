"""Candidate source: the items similar to the item that the user liked last."""

from app.pipeline.sources.source import RetrievalContext, Source
from models.contract.arrays import Indices
from models.ranking.candidates import SIMILAR_SHARE, select_similar


def find_similar_to_last_liked(context: RetrievalContext, k: int) -> Indices | None:
    """The k allowed rows of the greatest cosine with the last liked item, without that item.

    None if the user liked nothing. Raises IndexUnusableError.
    """
    if context.liked_row is None:
        return None
    vectors, centre = context.catalogue.vectors, context.centre
    return select_similar(vectors, centre, context.liked_row, context.allowed, k, context.nearest)


SIMILAR = Source("similar_to_last_liked", find_similar_to_last_liked, SIMILAR_SHARE)
