"""Reason "less known than others": popularity debiasing brought the item into the list."""

import numpy as np

from app.pipeline.explain.evidence import Evidence, Findings, findings_where


def find_less_known(evidence: Evidence) -> Findings:
    """The items that the same list without debiasing would not have, but for those that exploration drew.

    The strength is the score given up: how far the item's score is below the least one of that list, at least 0.
    """
    if evidence.undebiased is None:
        return {}
    score, order = evidence.scored.score, evidence.order
    raised = ~np.isin(order, evidence.undebiased)
    if evidence.unexplored is not None:
        raised &= np.isin(order, evidence.unexplored)
    given_up = np.maximum(score[evidence.undebiased].min(initial=np.inf) - score[order], 0)
    return findings_where(given_up, raised)
