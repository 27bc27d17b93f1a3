"""Reason "ranked here by a head": the head with the greatest contribution; the fallback reason."""

import numpy as np

from app.pipeline.explain.evidence import Evidence, Finding, Findings

LEAST_AGAINST = "Ranked here as '{head}' counts least against it"
"""The wording if no contribution is positive."""


def find_ranked(evidence: Evidence) -> Findings:
    """The head with the greatest contribution to each item, among the heads with a weight."""
    contributions = evidence.scored.contributions
    heads = [name for name in contributions if evidence.query.weights.get(name)]
    parts = np.stack([contributions[name][evidence.order] for name in heads])  # [heads, N]
    findings = {}
    for position, best in enumerate(parts.argmax(axis=0).tolist()):
        strength = float(parts[best, position])
        wording = None if strength > 0 else LEAST_AGAINST
        findings[position] = Finding(strength, {"head": heads[best]}, wording=wording)
    return findings
