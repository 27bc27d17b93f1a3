"""Contrast: logits of all items from the labels that set a few wanted items off from a few unwanted ones.

It is what a critique of a list means beside the nearness of vectors. Events alone do not say it: a like is one of
hundreds of events, and a dislike pushes the user's vector along a direction in which labels are not apart.
"""

import numpy as np

from models.contract.arrays import Floats, Indices
from models.ranking.label_matrix import LabelMatrix

CONTRAST_GAIN = 2.0
"""Logits that an item gains for each standard deviation of its labels' contrast; as a query's (QUERY_GAIN)."""


def measure_contrast(labels: LabelMatrix, liked: Indices, unliked: Indices) -> Floats:
    """The logits [n] that n items with labels gain from rows `liked` [p] and `unliked` [m], one of them not empty.

    The contrast is standardised over the items, as its level and spread differ from list to list.
    """
    values = contrast_labels(labels, liked, unliked)
    standard = (values - values.mean()) / max(float(values.std()), 1e-6)
    return np.asarray(CONTRAST_GAIN * standard, dtype=np.float32)


def contrast_labels(labels: LabelMatrix, liked: Indices, unliked: Indices) -> Floats:
    """[n] the mean weight of each item's labels; 0 for an item without a label.

    The weight of a label is the share of the liked items that have it less that of the unliked ones, times its
    information, the negative logarithm of its share of all items: a label that most items have sets nothing off.
    """
    difference = labels.share_labels(liked) - labels.share_labels(unliked)
    # A label whose last item has lost it has no information, and no item.
    information = -np.log(np.maximum(labels.count_labels(), 1) / labels.items)
    return labels.average(np.asarray(difference * information))
