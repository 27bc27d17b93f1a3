"""Reason "ranked here by a head": the head with the greatest contribution; the fallback reason."""

import numpy as np

from app.pipeline.explain.evidence import Evidence, Finding, Findings

AGAINST = "against"
"""The form if no contribution is positive."""


def find_ranked(evidence: Evidence) -> Findings:
    """The head with the greatest contribution to each item, among the heads with a weight."""
    contributions = evidence.scored.contributions
    heads = [name for name in contributions if evidence.query.weights.get(name)]
    parts = np.stack([contributions[name][evidence.order] for name in heads])  # [heads, N]
    findings = {}
    for position, best in enumerate(parts.argmax(axis=0).tolist()):
        strength = float(parts[best, position])
        form = None if strength > 0 else AGAINST
        findings[position] = Finding(strength, {"head": heads[best]}, form=form)
    return findings
