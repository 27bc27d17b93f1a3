"""Reason "fits this moment": a head on the moment, or the moment's context in the `next` head, lifts the item."""

import numpy as np

from app.pipeline.explain.evidence import LEAST_STRENGTH, Evidence, Findings, findings_where, measure_lifts
from models.heads.protocol import Subject


def find_moment(evidence: Evidence) -> Findings:
    """The items that the moment lifts; the strength is the greatest lift."""
    _, lifts = measure_lifts(evidence, Subject.MOMENT)
    best = lifts.max(axis=0, initial=-np.inf)
    if evidence.moment is not None:
        best = np.maximum(best, evidence.moment[evidence.order])
    return findings_where(best, best >= LEAST_STRENGTH)
