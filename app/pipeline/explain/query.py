"""Reason "matches what you asked for": the item meets the plan of the request's words, or its text is near to them."""

import numpy as np

from app.pipeline.explain.evidence import Evidence, Findings, findings_where
from app.pipeline.query.text_match import match_items, meets_plan, unwanted_rows
from models.language.text_preference import TextPreference


def find_query(evidence: Evidence) -> Findings:
    """The items that have what the plan wants, with the strength 1, and those whose text matches its direction."""
    near = dict(find_matches(evidence, evidence.texts.query))
    plan = evidence.query.plan
    if not plan.wanted and not plan.conditions:
        return near
    items = [evidence.catalogue.item(row) for row in evidence.rows.tolist()]
    meets = np.array([meets_plan(item, plan) for item in items], dtype=np.bool_)
    return {**near, **findings_where(np.ones(len(items), dtype=np.float32), meets)}


def find_matches(evidence: Evidence, preference: TextPreference | None) -> Findings:
    """The items that match a wanted text and are not near to a rejected one; the strength is the cosine."""
    if preference is None:
        return {}
    cosine, matches = match_items(evidence.catalogue, evidence.rows, preference)
    return findings_where(cosine, matches & ~unwanted_rows(evidence.rows, evidence.texts.unwanted))
