"""Popular with other people: among the items with the most recent interactions."""

import numpy as np

from app.pipeline.explain.evidence import Evidence, Findings, findings_where
from app.pipeline.sources.popular import POPULAR, RECENT

POPULAR_SHARE = 0.05
"""The share of the available items, by recent interactions, that counts as popular."""


def find_popular(evidence: Evidence) -> Findings:
    """The items that the popular source retrieved, above the bar of POPULAR_SHARE."""
    candidates = evidence.scored.candidates
    if POPULAR.name not in candidates.sources:
        return {}
    retrieved = candidates.found_by[candidates.sources.index(POPULAR.name)][evidence.order]
    if not retrieved.any():
        return {}
    recent = evidence.catalogue.statistics[:, RECENT]
    bar = float(np.quantile(recent[evidence.catalogue.available], 1 - POPULAR_SHARE))
    above = (recent[evidence.rows] - bar) / max(float(recent.max()), 1e-12)
    return findings_where(above, retrieved & (above >= 0))
