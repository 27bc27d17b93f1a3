"""Reason "new here": the item has no interactions."""

import numpy as np

from app.pipeline.explain.evidence import Evidence, Findings, findings_where
from models.contract.statistics import TOTAL


def find_new(evidence: Evidence) -> Findings:
    """The items without interactions, with strength 0."""
    totals = evidence.catalogue.statistics[evidence.rows, TOTAL]
    return findings_where(np.zeros_like(totals), totals == 0)
