"""Reason "less known than others": popularity debiasing brought a less popular item into the list."""

import numpy as np

from app.pipeline.explain.evidence import Evidence, Findings, findings_where
from models.contract.statistics import TOTAL


def find_less_known(evidence: Evidence) -> Findings:
    """The items [N] of the slate that debiasing brought in for a more popular one, not by exploration's draws.

    The same list without debiasing would not have them, and the most popular item that it would have instead is more
    popular than they are. The strength is the score given up: how far the item's score is below the least one of that
    list, at least 0. Popularity is the catalogue's statistic `total`, of the K candidates.
    """
    if evidence.undebiased is None:
        return {}
    score, order = evidence.scored.score, evidence.order
    totals = evidence.catalogue.statistics[evidence.scored.candidates.rows, TOTAL]  # [K]
    gone = evidence.undebiased[~np.isin(evidence.undebiased, order)]
    raised = ~np.isin(order, evidence.undebiased) & (totals[order] < totals[gone].max(initial=-np.inf))
    if evidence.unexplored is not None:
        raised &= np.isin(order, evidence.unexplored)
    given_up = np.maximum(score[evidence.undebiased].min(initial=np.inf) - score[order], 0)
    return findings_where(given_up, raised)
