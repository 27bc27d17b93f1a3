"""How alike items are: cosine of their vectors, Jaccard of their label sets, and a list's diversity.

cos(a, b) = a.b / (|a| |b|), 0 where a vector is all zeros. J(A, B) = |A & B| / |A | B|, 0 where both sets are
empty: nothing is known to be shared. An item is always like itself: every diagonal is 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Self

import numpy as np

from models.contract.arrays import Floats, Indices

TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Similarity:
    """The blended similarity of K items, a column at a time: a slate of few needs no [K, K] matrix.

    The blend is the mean of cosine and Jaccard; cosine alone where no item has a label.
    """

    unit: Floats  # [K, D] vectors of length 1; zeros stay zeros
    hot: Floats  # [K, M] 1 where the item carries the label; labels that only one item carries are left out
    sizes: Floats  # [K] how many labels the item carries; 1 for none, so that no union is 0
    labelled: bool

    @classmethod
    def of(cls, vectors: Floats, labels: Sequence[frozenset[str]]) -> Self:
        """From vectors [K, D] and K label sets; raises ValueError where their numbers differ."""
        if len(vectors) != len(labels):
            raise ValueError(f"expected {len(vectors)} label sets, given {len(labels)}")
        hot, sizes = multi_hot(labels)
        return cls(_unit(vectors), hot, np.maximum(sizes, np.float32(1)), bool(sizes.any()))

    def to(self, position: int) -> Floats:
        """Similarity [K] of every item to the one at a position."""
        found: Floats = self.unit @ self.unit[position]
        if self.labelled:
            shared = self.hot @ self.hot[position]
            found += shared / (self.sizes + self.sizes[position] - shared)
            found *= np.float32(0.5)
        found[position] = 1
        return found

    def among(self, positions: Indices) -> Floats:
        """Similarity [P, P] of the items at P positions to each other."""
        unit, hot, sizes = self.unit[positions], self.hot[positions], self.sizes[positions]
        found: Floats = unit @ unit.T
        if self.labelled:
            shared = hot @ hot.T
            found += shared / (sizes[:, None] + sizes - shared)
            found *= np.float32(0.5)
        return _reflexive(found)


def multi_hot(labels: Sequence[frozenset[str]]) -> tuple[Floats, Floats]:
    """(hot [K, M], sizes [K]) of K label sets; M counts the labels that two or more of them carry."""
    sizes = np.fromiter(map(len, labels), dtype=np.int64, count=len(labels))
    carried = list(chain.from_iterable(labels))
    codes = {label: code for code, label in enumerate(dict.fromkeys(carried))}
    columns = [codes[label] for label in carried]
    hot = np.zeros((len(labels), len(codes)), dtype=np.float32)
    hot[np.repeat(np.arange(len(labels)), sizes), columns] = 1
    return hot[:, hot.sum(axis=0) > 1], sizes.astype(np.float32)


def cosine_matrix(vectors: Floats) -> Floats:
    """Cosine [K, K] of vectors [K, D]."""
    unit = _unit(vectors)
    return _reflexive(unit @ unit.T)


def jaccard_matrix(labels: Sequence[frozenset[str]]) -> Floats:
    """Jaccard similarity [K, K] of K label sets."""
    hot, sizes = multi_hot(labels)
    shared = hot @ hot.T
    union = np.maximum(sizes[:, None] + sizes - shared, 1)
    return _reflexive(np.asarray(shared / union, dtype=np.float32))


def blended_matrix(vectors: Floats, labels: Sequence[frozenset[str]]) -> Floats:
    """Similarity [K, K]: the mean of cosine and Jaccard; cosine alone where no item has a label."""
    return Similarity.of(vectors, labels).among(np.arange(len(labels)))


def intra_list_diversity(similarity: Floats) -> float:
    """Mean of 1 - similarity [N, N] over the pairs of a list (Smyth, McClave 2001); 0 where there is no pair.

    0: all alike; 1: nothing in common. Above 1 only where vectors point away from each other.
    """
    pairs = similarity[np.triu_indices(len(similarity), k=1)]
    return float(np.mean(1 - pairs, dtype=np.float64)) if len(pairs) else 0.0


def _unit(vectors: Floats) -> Floats:
    """Rows of length 1. A row that is too large or not finite becomes NaN, which the callers look for."""
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.sqrt(np.einsum("kd,kd->k", vectors, vectors))
        return np.asarray(vectors / np.maximum(lengths, TINY)[:, None], dtype=np.float32)


def _reflexive(similarity: Floats) -> Floats:
    np.fill_diagonal(similarity, 1)
    return similarity
