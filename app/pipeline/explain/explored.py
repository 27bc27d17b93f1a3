"""Reason "to learn your taste": exploration drew the item for the list."""

import numpy as np

from app.pipeline.explain.evidence import Evidence, Findings, findings_where


def find_explored(evidence: Evidence) -> Findings:
    """The items that the same list without exploration would not have.

    The strength is the relevance given up: how far the item's score is below the least one of that list, at least 0.
    """
    if evidence.unexplored is None:
        return {}
    score, order = evidence.scored.score, evidence.order
    given_up = np.maximum(score[evidence.unexplored].min(initial=np.inf) - score[order], 0)
    return findings_where(given_up, ~np.isin(order, evidence.unexplored))
