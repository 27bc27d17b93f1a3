"""Candidate source: the new items that fit the user best, for the places that are kept for them."""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from app.pipeline.sources.source import RetrievalContext
from app.pipeline.types import Candidates
from models.contract.arrays import Indices
from models.ranking.order import best_rows
from models.ranking.sources.source import Source


def find_new(context: RetrievalContext, k: int) -> Indices | None:
    """The k allowed new rows with the greatest `next` logits, those that meet the whole plan first; None for none.

    More than k where the list is due more. None where it is due no place: the list is then as it is without the rule.
    """
    due = context.query.new_due
    if not due or not len(context.new_rows):
        return None
    rows = context.new_rows[context.new_rows < len(context.allowed)]
    rows = rows[context.allowed[rows]]
    logits = context.catalogue.vectors[rows] @ context.encoded.vector
    added = context.encoded.added_logits
    rows = rows[best_rows(logits if added is None else logits + added[rows], len(rows))]
    if context.meets is not None:
        rows = np.concatenate([rows[context.meets[rows]], rows[~context.meets[rows]]])
    return rows[: max(k, due)]


def mark_given(candidates: Candidates, given: Indices) -> Candidates:
    """The candidates, of which this source names those alone that got a place for being new, or that it alone found."""
    if NEW.name not in candidates.sources:
        return candidates
    own, marks = candidates.sources.index(NEW.name), candidates.from_source.copy()
    marks[own] &= marks.sum(axis=0) == 1
    marks[own, given] = True
    return replace(candidates, from_source=marks)


NEW = Source("new", find_new, Fraction(1, 40))
