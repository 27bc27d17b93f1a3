"""How varied recommended lists are. Definitions: Smyth and McClave 2001, Zhou et al. 2010."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.contract.arrays import Floats, Indices
from models.ranking import similarity as definitions

Similarity = Callable[[Indices, Indices], NDArray[np.float64]]
"""Similarities [p] of p pairs of items."""

NO_ITEM = -1
"""Fills a list that has fewer than k items."""
CHUNK = 20_000
"""Pairs of items compared at a time, which bounds the memory."""


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What the diversity figures know of the items; without attributes, a matrix without columns."""

    popularity: Indices  # [I] interactions before the lists were made
    vectors: Floats  # [I, D] content or collaborative vectors
    attributes: sparse.csr_array  # bool [I, A] which attributes each item has


def cosine_of(vectors: Floats) -> Similarity:
    """The cosine of items by their vectors [I, D]."""
    return lambda a, b: definitions.cosine(vectors[a], vectors[b])


def jaccard_of(attributes: sparse.csr_array) -> Similarity:
    """The Jaccard similarity of items by their attribute sets, bool [I, A]."""
    sets = attributes.astype(np.int32)
    sizes = np.maximum(np.diff(sets.indptr), 1)

    def similarity(a: Indices, b: Indices) -> NDArray[np.float64]:
        shared = np.asarray(sets[a].multiply(sets[b]).sum(axis=1)).ravel()
        return np.asarray(definitions.jaccard(shared, sizes[a], sizes[b]))

    return similarity


def intra_list_diversity(lists: Indices, similarity: Similarity) -> float:
    """Mean over lists [C, k] of the mean over pairs of 1 - similarity (Smyth and McClave 2001).

    NO_ITEM places are left out; lists with fewer than two items have no diversity. nan where no list has.
    """
    first, second = np.triu_indices(lists.shape[1], k=1)
    a, b = lists[:, first], lists[:, second]  # [C, pairs]
    there = (a != NO_ITEM) & (b != NO_ITEM)
    pairs, place = np.unique(np.stack([a[there], b[there]]), axis=1, return_inverse=True)
    found = [
        similarity(pairs[0, start : start + CHUNK], pairs[1, start : start + CHUNK])
        for start in range(0, pairs.shape[1], CHUNK)
    ]
    of_pair = np.zeros(a.shape)
    of_pair[there] = np.concatenate([np.zeros(0), *found])[place.ravel()]
    each = definitions.intra_list_diversity(of_pair, there)[there.any(axis=1)]
    return float(each.mean()) if len(each) else float("nan")


def coverage(lists: Indices, n_items: int) -> float:
    """The share of the catalogue that is in at least one list; nan for an empty catalogue."""
    return len(np.unique(lists[lists != NO_ITEM])) / n_items if n_items else float("nan")


def novelty(lists: Indices, popularity: Indices) -> float:
    """Mean over recommended items of -log2 of their share of all interactions, in bits (Zhou et al. 2010).

    Every item is given one interaction more, so that one without any has a finite novelty. nan for no items.
    """
    share = (popularity + 1) / (popularity.sum() + len(popularity))
    shown = lists[lists != NO_ITEM]
    return float(-np.log2(share[shown]).mean()) if len(shown) else float("nan")
