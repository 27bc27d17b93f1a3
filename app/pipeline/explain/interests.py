"""Reason "fits the interests in your profile": the item's text is near to the stated interests."""

from app.pipeline.explain.evidence import Evidence, Findings
from app.pipeline.explain.query import find_matches


def find_interests(evidence: Evidence) -> Findings:
    """The items that match the profile's interests."""
    return find_matches(evidence, evidence.texts.interests)
