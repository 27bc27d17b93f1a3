"""Contrast: logits of all items from a few that are wanted and a few that are not, by what sets the ones off.

It is what a critique of a list is read as. A dislike of the history pushes one direction of the network's space only,
and two likes among hundreds of events change little, so that the next list after a critique was no better by the
events alone.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from models.contract.arrays import Floats, Indices
from models.ranking.similarity import unit_rows

LABEL_GAIN = 2.0
"""Logits that an item gains or loses for each standard deviation of the labels' contrast."""
VECTOR_GAIN = 1.0
"""The same for the contrast of the vectors."""


def measure_contrast(
    vectors: Floats, labels: Sequence[frozenset[str]], liked: Indices, unliked: Indices
) -> Floats:
    """The logits [n] that items gain from rows `liked` [p] and lose from rows `unliked` [m], one of them not empty.

    `vectors` [n, D] are the items' less the mean item, `labels` n label sets. Both parts are standardised over the
    items, as their level and spread differ from list to list.
    """
    by_labels = _standardise(contrast_labels(labels, liked, unliked))
    by_vectors = _standardise(_contrast_vectors(vectors, liked, unliked))
    return np.asarray(LABEL_GAIN * by_labels + VECTOR_GAIN * by_vectors, dtype=np.float32)


def contrast_labels(labels: Sequence[frozenset[str]], liked: Indices, unliked: Indices) -> Floats:
    """[n] the mean weight of each item's labels; 0 for an item without a label.

    The weight of a label is the share of the liked items that have it less that of the unliked ones, times its
    information, the negative logarithm of its share of all items: a label that most items have sets nothing off.
    """
    counts = Counter(label for each in labels for label in each)
    weights = {}
    for label in {label for row in (*liked, *unliked) for label in labels[row]}:
        difference = _share(labels, liked, label) - _share(labels, unliked, label)
        weights[label] = difference * -np.log(counts[label] / len(labels))
    values = (sum(weights.get(label, 0.0) for label in each) / len(each) if each else 0.0 for each in labels)
    return np.fromiter(values, dtype=np.float32, count=len(labels))


def _contrast_vectors(vectors: Floats, liked: Indices, unliked: Indices) -> Floats:
    """[n] the mean cosine to the liked items less that to the unliked ones."""
    unit = unit_rows(vectors)
    direction = np.zeros(vectors.shape[1], dtype=np.float32)
    for sign, rows in ((1, liked), (-1, unliked)):
        if len(rows):
            direction = direction + sign * unit[rows].mean(axis=0)
    return np.asarray(unit @ direction, dtype=np.float32)


def _share(labels: Sequence[frozenset[str]], rows: Indices, label: str) -> float:
    return sum(label in labels[row] for row in rows) / len(rows) if len(rows) else 0.0


def _standardise(values: Floats) -> Floats:
    return np.asarray((values - values.mean()) / max(float(values.std()), 1e-6), dtype=np.float32)
