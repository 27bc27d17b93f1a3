"""Reason "for variety": the item is in the list by diversity alone, at the cost of relevance."""

import numpy as np

from app.pipeline.explain.evidence import LEAST_STRENGTH, Evidence, Findings, findings_where
from models.ranking.order import sort_by_relevance


def find_variety(evidence: Evidence) -> Findings:
    """The items that a list of the same length by score alone would not have, except in a list by score alone.

    The strength is the relevance given up: how far the item's score is below the last one of that list.
    """
    score, length = evidence.scored.score, len(evidence.order)
    if not evidence.query.diversity.strength or not np.isfinite(score).all():
        return {}
    by_score = sort_by_relevance(score)[:length]
    given_up = score[by_score[-1:]] - score[evidence.order]
    return findings_where(given_up, given_up >= LEAST_STRENGTH)
