"""Reason "fits this moment": a head on the moment lifts the item."""

import numpy as np

from app.pipeline.explain.evidence import LEAST_STRENGTH, Evidence, Findings, findings_where, measure_lifts
from models.heads.protocol import Subject


def find_moment(evidence: Evidence) -> Findings:
    """The items that a head on the moment lifts; the strength is the greatest lift."""
    heads, lifts = measure_lifts(evidence, Subject.MOMENT)
    best = lifts.max(axis=0, initial=-np.inf)
    return findings_where(best, best >= LEAST_STRENGTH) if heads else {}
