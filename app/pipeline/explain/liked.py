"""Reason "because you liked X": the history item without which the score falls most."""

import numpy as np

from app.pipeline.explain.evidence import LEAST_STRENGTH, Evidence, Finding, Findings, title_of
from models.contract.feedback import INTENT_ACTIONS, Feedback, has_action, liked_items, newest_feedback

WANTED = "Because of your interest in {title}"
"""The wording for an item with wanting actions but without positive feedback."""


def find_liked(evidence: Evidence) -> Findings:
    """The history item with the greatest attribution, without items that the user rejected.

    Empty if no weight is positive: then no prediction, and so no event, raises an item's score.
    """
    attribution, events = evidence.attribution, evidence.events
    if not len(attribution.rows) or max(evidence.query.weights.values(), default=0.0) <= 0:
        return {}
    items, feedback = events.columns.items, events.feedback
    newest = newest_feedback(items, feedback)
    rejected = items[newest[feedback[newest] == Feedback.NEGATIVE]]
    liked = liked_items(items, feedback, has_action(events.columns, INTENT_ACTIONS))
    other = attribution.rows[:, None] != evidence.rows  # an item is no reason for itself
    drop = np.where(~np.isin(attribution.rows, rejected)[:, None] & other, attribution.drop, -np.inf)
    findings = {}
    for position in range(len(evidence.order)):
        strongest = int(np.argmax(drop[:, position]))
        strength, row = float(drop[strongest, position]), int(attribution.rows[strongest])
        if strength >= LEAST_STRENGTH:
            item = evidence.catalogue.item(row)
            words = {"title": title_of(item, evidence.text_fields)}
            wording = None if row in liked else WANTED
            findings[position] = Finding(strength, words, (item.item_id,), wording)
    return findings
