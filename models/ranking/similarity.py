"""Item similarity: cosine of vectors, Jaccard of label sets, their mean; intra-list diversity.

cos(a, b) = a.b / (|a| |b|), 0 if a vector is all zeros. models.ranking.label_overlap has the Jaccard of label sets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Doubles, Floats, Indices, Mask
from models.ranking.label_overlap import HotOverlap, SetOverlap, measure_overlap

TINY = 1e-12
HALF = np.float32(0.5)
SHORT = 100
"""The longest list whose pairs are kept: those of longer ones would take megabytes."""
Vectors = TypeVar("Vectors", Floats, Doubles)


def unit_rows(vectors: Vectors) -> Vectors:
    """Vectors [..., D] scaled to length 1; a vector of zeros stays zeros.

    A vector that is not finite, or whose squared length overflows its type, gets NaN.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.sqrt(np.einsum("...d,...d->...", vectors, vectors))
        units: Vectors = np.asarray(vectors / np.maximum(lengths, TINY)[..., None], dtype=vectors.dtype)
    return units


def cosine(a: NDArray[np.floating], b: NDArray[np.floating]) -> Doubles:
    """Cosine [...] of vectors a and b [..., D] in double precision, in [-1, 1]."""
    units_a, units_b = unit_rows(a.astype(np.float64)), unit_rows(b.astype(np.float64))
    return np.asarray(np.einsum("...d,...d->...", units_a, units_b))


def intra_list_diversity(similarity: NDArray[np.floating], pairs: Mask | None = None) -> Doubles:
    """Mean [...] of 1 - similarity [..., P] over the P pairs of items of a list (Smyth, McClave 2001).

    `pairs` [..., P] marks the valid pairs; None: all. 0 for identical items and for a list without pairs, 1 for
    dissimilar items, above 1 only if cosines are negative.
    """
    distance = 1 - similarity if pairs is None else np.where(pairs, 1 - similarity, 0)
    count = similarity.shape[-1] if pairs is None else np.count_nonzero(pairs, axis=-1)
    return np.asarray(distance.sum(axis=-1, dtype=np.float64) / np.maximum(count, 1))


@dataclass(frozen=True, slots=True)
class Similarity:
    """The similarity of K items, computed by column: a short list needs no [K, K] matrix.

    It is the mean of cosine and Jaccard, and cosine alone where one of the two items has no label: a missing label is
    neither alike nor unlike. The similarity of an item to itself is 1.
    """

    unit: Floats  # [K, D] vectors of length 1; zeros stay zeros
    overlap: SetOverlap | HotOverlap
    labelled: Mask  # [K] True if the item has a label
    all_labelled: bool  # True if all have one

    @classmethod
    def of(cls, vectors: Floats, labels: Sequence[frozenset[str]]) -> Self:
        """The similarity of K items with vectors [K, D] and K label sets; raises ValueError if the counts differ."""
        if len(vectors) != len(labels):
            raise ValueError(f"expected {len(vectors)} label sets, given {len(labels)}")
        overlap, sizes = measure_overlap(labels)
        labelled = sizes > 0
        return cls(unit_rows(vectors), overlap, labelled, bool(labelled.all()))

    def to(self, position: int) -> Floats:
        """Similarity [K] of all items to the item at a position."""
        similarity: Floats = self.unit @ self.unit[position]
        if self.all_labelled or self.labelled[position]:
            mean = self.overlap.to(position)  # in place from here on: a re-ranker calls this for every pick
            mean += similarity
            mean *= HALF
            similarity = mean if self.all_labelled else np.where(self.labelled, mean, similarity)
        similarity[position] = 1
        return similarity

    def among(self, positions: Indices) -> Floats:
        """Similarity [P, P] of the items at P positions to each other."""
        unit = self.unit[positions]
        similarity: Floats = unit @ unit.T
        labelled = self.labelled[positions]
        if labelled.any():
            mean = (similarity + self.overlap.among(positions)) * HALF
            similarity = np.where(labelled[:, None] & labelled, mean, similarity)
        np.fill_diagonal(similarity, 1)
        return similarity

    def diversity(self, positions: Indices) -> float:
        """Intra-list diversity of the items at P positions."""
        count = len(positions)
        pairs = self.among(positions)[list_pairs(count) if count <= SHORT else np.triu_indices(count, k=1)]
        return float(intra_list_diversity(pairs))


@lru_cache(SHORT + 1)
def list_pairs(count: int) -> tuple[Indices, Indices]:
    """The positions of the two items of each pair of a list of `count` items, at most SHORT; not to be written to."""
    return np.triu_indices(count, k=1)
