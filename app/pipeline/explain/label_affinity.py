"""Which labels a user's history shows a taste for."""

from collections.abc import Sequence

import numpy as np

from app.bundle.catalogue import Catalogue
from models.contract.arrays import Mask
from models.contract.tasks import Head

SAMPLE = 50_000
"""Up to so many items a label's usual share is over all; above, over a fixed even sample."""


def tasted(catalogue: Catalogue, head: Head, item_ids: Sequence[str]) -> Mask:
    """[classes] True where these items carry a multilabel head's class, and at least as often as the catalogue's do.

    Items that the catalogue lacks show nothing.
    """
    known = [row for item_id in item_ids if (row := catalogue.row(item_id)) is not None]
    if not known:
        return np.zeros(len(head.classes), dtype=np.bool_)
    own = catalogue.head_labels(head.task.name, np.array(known, dtype=np.int64)).mean(axis=0)
    every = np.arange(0, len(catalogue), -(-len(catalogue) // SAMPLE))
    usual = catalogue.head_labels(head.task.name, every).mean(axis=0)
    return np.asarray((own > 0) & (own >= usual))
