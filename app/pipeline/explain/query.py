"""Reason "matches what you asked for": the item's text is near to the request's query."""

from app.pipeline.explain.evidence import Evidence, Findings, findings_where
from app.pipeline.query.text_match import match_items, unwanted_rows
from models.language.text_preference import TextPreference


def find_query(evidence: Evidence) -> Findings:
    """The items that match the query."""
    return find_matches(evidence, evidence.texts.query)


def find_matches(evidence: Evidence, preference: TextPreference | None) -> Findings:
    """The items that match a wanted text and are not near to a rejected one; the strength is the cosine."""
    if preference is None:
        return {}
    cosine, matches = match_items(evidence.catalogue, evidence.rows, preference)
    return findings_where(cosine, matches & ~unwanted_rows(evidence.rows, evidence.texts.unwanted))
