"""Reason "popular with other people": the item is among those with the most recent interactions."""

import numpy as np

from app.pipeline.explain.evidence import Evidence, Findings, findings_where
from app.pipeline.sources.popular import POPULAR, RECENT

POPULAR_SHARE = 0.05
"""The share of the available items, by recent interactions, that counts as popular."""


def find_popular(evidence: Evidence) -> Findings:
    """The items of the popular source within the top POPULAR_SHARE of the available items."""
    candidates = evidence.scored.candidates
    if POPULAR.name not in candidates.sources:
        return {}
    retrieved = candidates.from_source[candidates.sources.index(POPULAR.name)][evidence.order]
    if not retrieved.any():
        return {}
    recent = evidence.catalogue.statistics[:, RECENT]
    threshold = float(np.quantile(recent[evidence.catalogue.available], 1 - POPULAR_SHARE))
    above = (recent[evidence.rows] - threshold) / max(float(recent.max()), 1e-12)
    return findings_where(above, retrieved & (above >= 0))
