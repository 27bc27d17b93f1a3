"""Candidate source: the items near to the request's words, or to the profile's interests."""

from fractions import Fraction

import numpy as np

from app.bundle.catalogue_texts import find_nearest_texts
from app.pipeline.sources.source import RetrievalContext
from models.contract.arrays import Indices
from models.language.row_values import RowValues, add_arrays
from models.ranking.order import best_rows
from models.ranking.sources.source import Source

WIDER = 4
"""Rows that are compared by all their logits, for each one of those that are asked for."""


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
    logits, text = context.encoded.text_logits, context.encoded.text
    if context.query.plan.like and logits is not None:
        rows = _list_likely(context, logits, k)
        return np.asarray(rows[best_rows(logits[rows], k)])
    if text is None or not context.catalogue.text.shape[1]:
        return None
    nearest = find_nearest_texts(context.catalogue, text, k, context.allowed)
    return nearest.rows[nearest.cosines > 0]


def _list_likely(context: RetrievalContext, logits: RowValues, k: int) -> Indices:
    """Allowed rows, ascending, among which the k with the greatest logits are: all, where those are one array.

    Else they are those that have the greatest logits by named items, and the nearest ones by the text: an item that
    is far behind by either has no great sum. Without either, where texts are only rejected, they are the user's.
    """
    rows = np.flatnonzero(context.allowed)
    if isinstance(logits, np.ndarray):
        return rows
    found, named, text = [], add_arrays(logits), context.encoded.text
    if named is not None:
        found.append(rows[best_rows(named[rows], WIDER * k)])
    if text is not None:
        found.append(find_nearest_texts(context.catalogue, text, WIDER * k, context.allowed).rows)
    if not found:
        found.append(context.nearest(context.encoded.vector, WIDER * k, context.allowed))
    return np.unique(np.concatenate(found))


TEXT = Source("query", find_by_words, Fraction(1, 3))
