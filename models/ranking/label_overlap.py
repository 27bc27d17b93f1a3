"""The overlap of label sets, by Jaccard: between distinct sets it is measured once for a catalogue, else by products.

J(A, B) = |A & B| / |A | B|, 0 if both sets are empty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from models.contract.arrays import Floats, Indices
from models.ranking.jaccard import jaccard
from models.ranking.label_rows import LabelRows

ONE = np.float32(1)


def multi_hot(labels: Sequence[frozenset[str]]) -> tuple[Floats, Floats]:
    """(hot [K, M], sizes [K]) of K label sets; the M columns are the labels in at least two sets."""
    if isinstance(labels, LabelRows):
        return labels.multi_hot()
    sizes = np.fromiter(map(len, labels), dtype=np.int64, count=len(labels))
    all_labels = list(chain.from_iterable(labels))
    codes = {label: code for code, label in enumerate(dict.fromkeys(all_labels))}
    columns = [codes[label] for label in all_labels]
    hot = np.zeros((len(labels), len(codes)), dtype=np.float32)
    hot[np.repeat(np.arange(len(labels)), sizes), columns] = 1
    return hot[:, hot.sum(axis=0) > 1], sizes.astype(np.float32)


@dataclass(frozen=True, slots=True)
class SetOverlap:
    """The overlap of K items, read from that of the distinct sets."""

    among_sets: Floats  # [D, D]
    sets: Indices  # [K] the number of each item's set

    def to(self, position: int) -> Floats:
        """Jaccard similarity [K] of all items to the item at a position, as a new array."""
        overlap: Floats = self.among_sets[self.sets[position]][self.sets]
        return overlap

    def among(self, positions: Indices) -> Floats:
        """Jaccard similarity [P, P] of the items at P positions."""
        sets = self.sets[positions]
        overlap: Floats = self.among_sets[sets[:, None], sets]
        return overlap


@dataclass(frozen=True, slots=True)
class HotOverlap:
    """The overlap of K items, computed from their labels."""

    hot: Floats  # [K, M] 1 if the item has the label; labels of a single item are left out
    sizes: Floats  # [K] number of labels of each item; 1 if it has none

    def to(self, position: int) -> Floats:
        """Jaccard similarity [K] of all items to the item at a position, as a new array."""
        overlap: Floats = self.hot @ self.hot[position]
        union = self.sizes + self.sizes[position]
        union -= overlap
        overlap /= union
        return overlap

    def among(self, positions: Indices) -> Floats:
        """Jaccard similarity [P, P] of the items at P positions."""
        hot, sizes = self.hot[positions], self.sizes[positions]
        overlap: Floats = jaccard(hot @ hot.T, sizes[:, None], sizes)
        return overlap


def measure_overlap(labels: Sequence[frozenset[str]]) -> tuple[SetOverlap | HotOverlap, Floats]:
    """The overlap of K label sets, and their sizes [K]."""
    if isinstance(labels, LabelRows) and labels.table.overlap is not None:
        sets = labels.table.set_of[labels.rows]
        return SetOverlap(labels.table.overlap, sets), labels.table.sizes[sets]
    hot, sizes = multi_hot(labels)
    return HotOverlap(hot, np.maximum(sizes, ONE)), sizes
