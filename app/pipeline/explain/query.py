"""Reason "matches what you asked for": the item meets the plan of the request's words, or its text is near to them."""

import numpy as np

from app.pipeline.explain.evidence import Evidence, Finding, Findings
from app.pipeline.query.text_match import (
    WORD,
    item_words,
    match_items,
    meets_plan,
    telling_words,
    unwanted_rows,
)
from models.language.text_preference import TextPreference

WORDS = "words"
"""The form for an item that has words of the text in its fields."""


def find_query(evidence: Evidence) -> Findings:
    """The items that have what the plan wants, with the strength 1, and those whose text matches its direction."""
    near = dict(find_matches(evidence, evidence.texts.query))
    plan = evidence.query.plan
    if not plan.wanted and not plan.conditions:
        return near
    items = [evidence.catalogue.item(row) for row in evidence.rows.tolist()]
    meets = np.array([meets_plan(item, plan) for item in items], dtype=np.bool_)
    wanted = ", ".join(" / ".join(label.values) for label in plan.wanted)
    finding = Finding(1.0, {"words": wanted}, form=WORDS if wanted else None)
    return {**near, **dict.fromkeys(np.flatnonzero(meets).tolist(), finding)}


def find_matches(evidence: Evidence, preference: TextPreference | None) -> Findings:
    """The items that match a wanted text and are not near to a rejected one; the strength is the cosine.

    The finding has the words of the text that the item has, too, if there are any.
    """
    if preference is None:
        return {}
    cosine, matches = match_items(evidence.catalogue, evidence.rows, preference)
    findings = {}
    for position in np.flatnonzero(matches & ~unwanted_rows(evidence.rows, evidence.texts.unwanted)).tolist():
        item = evidence.catalogue.item(int(evidence.rows[position]))
        shared = telling_words(preference.words) & item_words(item)
        wanted = dict.fromkeys(WORD.findall(preference.words.casefold()))
        in_order = [word for word in wanted if word in shared]
        words, form = {"words": ", ".join(in_order)}, WORDS if in_order else None
        findings[position] = Finding(float(cosine[position]), words, form=form)
    return findings
