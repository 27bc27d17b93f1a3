"""Candidate source: the items near to the request's words, or to the profile's interests."""

from fractions import Fraction

import numpy as np

from app.pipeline.sources.source import RetrievalContext
from models.contract.arrays import Indices
from models.ranking.candidates import search_exactly
from models.ranking.order import best_rows
from models.ranking.sources.source import Source


def find_by_words(context: RetrievalContext, k: int) -> Indices | None:
    """At most k allowed rows for the request's words; None without words.

    The rows that meet the whole plan come first, where not all do. Then come those with the greatest logits of texts
    and named items, or those with the greatest positive cosine of the texts.
    """
    rows = _put_kept_first(context, _find_nearest(context, k))
    if context.meets is None:
        return rows
    meeting = context.nearest(context.encoded.vector, k, context.meets)
    others = np.zeros(0, dtype=np.int64) if rows is None else rows[~context.meets[rows]]
    return np.concatenate([meeting, others])[:k]


def _put_kept_first(context: RetrievalContext, rows: Indices | None) -> Indices | None:
    """The rows after those of the items that stay."""
    kept = [context.catalogue.row(item_id) for item_id in context.query.kept]
    first = np.array([row for row in kept if row is not None and context.allowed[row]], dtype=np.int64)
    return rows if rows is None or not len(first) else np.concatenate([first, rows[~np.isin(rows, first)]])


def _find_nearest(context: RetrievalContext, k: int) -> Indices | None:
    """The nearest rows without regard to the plan's conditions; None without a text or a named item."""
    if context.query.plan.like and context.encoded.text_logits is not None:
        rows = np.flatnonzero(context.allowed)
        return np.asarray(rows[best_rows(context.encoded.text_logits[rows], k)])
    vectors, text = context.catalogue.text, context.encoded.text
    if text is None or not vectors.shape[1]:
        return None
    rows = search_exactly(vectors, text, k, context.allowed)
    return rows[vectors[rows] @ text > 0]


TEXT = Source("query", find_by_words, Fraction(1, 3))
