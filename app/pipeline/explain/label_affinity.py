"""Labels that are at least as frequent in a user's history as in the catalogue."""

from collections.abc import Sequence

import numpy as np

from app.bundle.catalogue import Catalogue
from models.contract.arrays import Indices, Mask
from models.contract.tasks import Head
from models.ranking.intent import Shares

SAMPLE = 50_000
"""The catalogue's label shares are computed on all items, or on an even sample of at most this many."""


def preferred_labels(catalogue: Catalogue, head: Head, rows: Indices) -> Mask:
    """[classes] True for the head's classes whose share in `rows` is positive and at least that in the catalogue.

    Negative rows, of items that the catalogue lacks, are ignored; without rows no class is preferred.
    """
    catalogue_rows = rows[rows >= 0]
    if not len(catalogue_rows):
        return np.zeros(len(head.classes), dtype=np.bool_)
    share = catalogue.head_labels(head.task.name, catalogue_rows).mean(axis=0)
    sample = np.arange(0, len(catalogue), -(-len(catalogue) // SAMPLE))
    usual = catalogue.head_labels(head.task.name, sample).mean(axis=0)
    return np.asarray((share > 0) & (share >= usual))


def prefers_label(wanted: Sequence[frozenset[str]], label: str, shares: Shares) -> bool:
    """True if the label's share in the label sets of the wanted items is positive and at least as in the catalogue."""
    count = sum(label in labels for labels in wanted)
    return count > 0 and count >= shares.get(label, 0.0) * len(wanted)
