"""Reason "new, and shown to learn who likes it": the item has a place that is kept for new items."""

import numpy as np

from app.pipeline.explain.evidence import Evidence, Findings, findings_where


def find_given(evidence: Evidence) -> Findings:
    """The items that got a place for being new.

    The strength is the relevance given up: how far the item's score is below that of the best candidate out of the
    list, at least 0.
    """
    if not len(evidence.given):
        return {}
    score, order = evidence.scored.score, evidence.order
    out = np.ones(len(score), dtype=np.bool_)
    out[order] = False
    given_up = np.maximum(score[out].max(initial=-np.inf) - score[order], 0)
    return findings_where(given_up, np.isin(order, evidence.given))
