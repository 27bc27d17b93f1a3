"""Reason "new, and similar to X": nobody has taken the item, and its content is like that of a wanted one."""

import numpy as np

from app.bundle.catalogue_texts import measure_spread
from app.pipeline.explain.evidence import Evidence, Finding, Findings, title_of
from app.pipeline.explain.label_affinity import SAMPLE
from app.pipeline.explain.new import find_new
from models.contract.arrays import Floats, Indices
from models.contract.events import EXPOSURE_ACTIONS
from models.contract.feedback import has_action, wanted_items

NEAR = 2.0
"""Standard deviations of the text's cosine with the catalogue above its mean, from which on two texts are alike."""
LEAST_JACCARD = 0.5
"""The least Jaccard similarity of the labels of two items, where the catalogue has no texts."""


def find_new_like(evidence: Evidence) -> Findings:
    """The new items with the nearest wanted item of the history; the strength is the cosine of the texts.

    Without texts it is the Jaccard similarity of the labels.
    """
    events = evidence.events
    taken = ~has_action(events.columns, EXPOSURE_ACTIONS)
    wanted = np.unique(wanted_items(events.columns.items[taken], events.feedback[taken]))
    wanted = wanted[wanted >= 0]
    findings = {}
    for position in find_new(evidence) if len(wanted) else ():
        row = int(evidence.rows[position])
        likeness, least = _measure_likeness(evidence, row, wanted)
        best = int(np.argmax(np.where(wanted == row, -np.inf, likeness)))
        if wanted[best] != row and likeness[best] >= least:
            item = evidence.catalogue.item(int(wanted[best]))
            words = {"title": title_of(item, evidence.text_fields)}
            findings[position] = Finding(float(likeness[best]), words, (item.item_id,))
    return findings


def _measure_likeness(evidence: Evidence, row: int, wanted: Indices) -> tuple[Floats, float]:
    """The likeness [m] of the wanted items to the item at a row, and the least one that counts."""
    catalogue = evidence.catalogue
    text = catalogue.read_texts(np.array([row]))[0]
    if text.any():
        mean, deviation = measure_spread(catalogue, text, SAMPLE)
        cosine: Floats = catalogue.read_texts(wanted) @ text
        return cosine, float(mean + NEAR * deviation)
    labels = evidence.catalogue.labels
    pairs = [
        (len(labels[row] & other), len(labels[row] | other))
        for other in map(labels.__getitem__, wanted.tolist())
    ]
    return np.array([shared / max(union, 1) for shared, union in pairs], dtype=np.float32), LEAST_JACCARD
