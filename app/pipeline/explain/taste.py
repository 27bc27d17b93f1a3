"""Reason "fits your taste for X": a head on labels lifts the item, and the history prefers its label X."""

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
