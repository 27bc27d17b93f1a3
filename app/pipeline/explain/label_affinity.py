"""The labels that a user takes more often than the catalogue has them."""

import numpy as np

from app.bundle.catalogue import Catalogue
from models.contract.arrays import Indices, Mask
from models.contract.tasks import Head

SAMPLE = 50_000
"""A label's usual share is its share among all items; above this many, among a fixed even sample."""


def preferred_labels(catalogue: Catalogue, head: Head, rows: Indices) -> Mask:
    """[classes] True for the head's classes that these rows carry at least as often as the catalogue does.

    Negative rows, of items that the catalogue lacks, are left out; without any row no class is preferred.
    """
    inside = rows[rows >= 0]
    if not len(inside):
        return np.zeros(len(head.classes), dtype=np.bool_)
    share = catalogue.head_labels(head.task.name, inside).mean(axis=0)
    every = np.arange(0, len(catalogue), -(-len(catalogue) // SAMPLE))
    usual = catalogue.head_labels(head.task.name, every).mean(axis=0)
    return np.asarray((share > 0) & (share >= usual))
