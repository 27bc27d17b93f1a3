"""Reason "for variety": the item is in the list by diversity alone, at the cost of relevance."""

import numpy as np

from app.pipeline.explain.evidence import LEAST_STRENGTH, Evidence, Findings, findings_where
from models.ranking.order import sort_by_relevance


def find_variety(evidence: Evidence) -> Findings:
    """The items that the same list without diversity would not have, but for those that exploration drew.

    The strength is the relevance given up: how far the item's relevance is below the least one of that list. Relevance
    is the score after popularity debiasing.
    """
    score, order = evidence.scored.score, evidence.order
    score = score if evidence.relevance is None else evidence.relevance
    if not evidence.query.diversity.strength or not np.isfinite(score).all():
        return {}
    by_score = evidence.by_score
    if by_score is None:
        by_score = sort_by_relevance(score)[: len(order)]
    unusual = ~np.isin(order, by_score)
    if evidence.unexplored is not None:
        unusual &= np.isin(order, evidence.unexplored)
    given_up = score[by_score].min(initial=np.inf) - score[order]
    return findings_where(given_up, unusual & (given_up >= LEAST_STRENGTH))
