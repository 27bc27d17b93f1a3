"""Reason "because you liked X": the history item without which the score falls most."""

import numpy as np

from app.pipeline.explain.evidence import LEAST_STRENGTH, Evidence, Finding, Findings, title_of
from models.contract.feedback import INTENT_ACTIONS, Feedback, has_action, liked_items, newest_feedback

LEAST_SIMILAR = 0.001
"""The least attribution to a history item that is similar or linked: of many items each one has a small part."""
WANTED = "wanted"
"""The form for an item with wanting actions but without positive feedback."""


def find_liked(evidence: Evidence) -> Findings:
    """The history item with the greatest attribution, without items that the user rejected.

    An attribution from LEAST_SIMILAR on counts if the items are similar or linked, any other from LEAST_STRENGTH on.
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
    least = (
        LEAST_STRENGTH
        if attribution.similar is None
        else np.where(attribution.similar, LEAST_SIMILAR, LEAST_STRENGTH)
    )
    counts = ~np.isin(attribution.rows, rejected)[:, None] & other & (attribution.drop >= least)
    findings = {}
    for position in np.flatnonzero(counts.any(axis=0)).tolist():
        strongest = int(np.argmax(np.where(counts[:, position], attribution.drop[:, position], -np.inf)))
        row = int(attribution.rows[strongest])
        item = evidence.catalogue.item(row)
        words = {"title": title_of(item, evidence.text_fields)}
        form = None if row in liked else WANTED
        strength = float(attribution.drop[strongest, position])
        findings[position] = Finding(strength, words, (item.item_id,), form)
    return findings
