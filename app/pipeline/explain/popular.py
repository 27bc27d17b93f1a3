"""Reason "popular with other people": the item is among those with the most recent interactions."""

import numpy as np

from app.pipeline.explain.evidence import Evidence, Findings, findings_where
from models.contract.statistics import RECENT
from models.ranking.sources.popular import POPULAR

POPULAR_QUANTILE = 0.95
"""An item counts as popular from this quantile of the available items' recent interactions on."""


def find_popular(evidence: Evidence) -> Findings:
    """The items of the popular source at or above the quantile POPULAR_QUANTILE of the available items."""
    candidates = evidence.scored.candidates
    if POPULAR.name not in candidates.sources:
        return {}
    retrieved = candidates.from_source[candidates.sources.index(POPULAR.name)][evidence.order]
    if not retrieved.any():
        return {}
    recent = evidence.catalogue.statistics[:, RECENT]
    threshold = float(np.quantile(recent[evidence.catalogue.available], POPULAR_QUANTILE))
    above = (recent[evidence.rows] - threshold) / max(float(recent.max()), 1e-12)
    return findings_where(above, retrieved & (above >= 0))
