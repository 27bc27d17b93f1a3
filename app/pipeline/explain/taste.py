"""Reason "fits your taste for X": the history prefers the item's label X, and raises the item by it.

Either a head on labels lifts the item, or the item's score falls without all history items of the label.
"""

import numpy as np

from app.pipeline.explain.evidence import LEAST_STRENGTH, Evidence, Finding, Findings, measure_lifts
from app.pipeline.explain.label_affinity import preferred_labels
from models.contract.arrays import Mask
from models.contract.events import EXPOSURE_ACTIONS
from models.contract.feedback import has_action, wanted_items
from models.contract.hierarchy import deepest_levels
from models.contract.labels import label_field
from models.contract.tasks import Head
from models.heads.protocol import Subject


def find_taste(evidence: Evidence) -> Findings:
    """The stronger of both findings for each item."""
    by_head, by_history = find_by_head(evidence), find_by_history(evidence)
    either = by_history | by_head
    return {
        position: max(
            (found[position] for found in (by_head, by_history) if position in found),
            key=lambda finding: finding.strength,
        )
        for position in either
    }


def find_by_history(evidence: Evidence) -> dict[int, Finding]:
    """The item's label without whose history items its score falls most."""
    attribution = evidence.attribution
    if not attribution.labels or max(evidence.query.weights.values(), default=0.0) <= 0:
        return {}
    labels = [evidence.catalogue.labels[row] for row in evidence.rows.tolist()]
    has = np.array([[label in own for own in labels] for label in attribution.labels])
    drop = np.where(has, attribution.label_drop, -np.inf)  # [G, N]
    best = drop.argmax(axis=0)
    strength = drop[best, np.arange(len(best))]
    return {
        position: Finding(float(strength[position]), {"label": attribution.labels[best[position]]})
        for position in np.flatnonzero(strength >= LEAST_STRENGTH).tolist()
    }


def find_by_head(evidence: Evidence) -> dict[int, Finding]:
    """The head that lifts each item most, and the item's likeliest label that the user prefers."""
    events = evidence.events
    taken = ~has_action(events.columns, EXPOSURE_ACTIONS)
    wanted = wanted_items(events.columns.items[taken], events.feedback[taken])
    heads, lifts = measure_lifts(evidence, Subject.ITEM)
    preferred = [preferred_labels(evidence.catalogue, head, wanted) for head in heads]
    findings = {}
    for position in range(len(evidence.order) if heads else 0):
        best = int(np.argmax(lifts[:, position]))
        strength = float(lifts[best, position])
        label = _likeliest_label(evidence, heads[best], preferred[best], position)
        if strength >= LEAST_STRENGTH and label is not None:
            findings[position] = Finding(strength, {"label": label})
    return findings


def _likeliest_label(evidence: Evidence, head: Head, preferred: Mask, position: int) -> str | None:
    """The label with the highest prediction, among the item's labels that are preferred [classes].

    Of category paths only the deepest preferred levels count: a level above is likelier and says less.
    """
    row = evidence.rows[position : position + 1]
    candidates = (evidence.catalogue.head_labels(head.task.name, row)[0] > 0) & preferred
    if not candidates.any():
        return None
    separator = evidence.hierarchies.get(label_field(head.task.label))
    if separator is not None:
        names = deepest_levels((head.classes[code] for code in np.flatnonzero(candidates)), separator)
        candidates &= np.isin(head.classes, names)
    probabilities = evidence.label_values[head.task.name][evidence.order[position]]
    return head.classes[int(np.argmax(np.where(candidates, probabilities, -np.inf)))]
