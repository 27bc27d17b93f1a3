"""Intra-list diversity: the mean dissimilarity of the items of a list (Smyth and McClave 2001)."""

from collections.abc import Callable

import numpy as np
from scipy import sparse

from models.contract.arrays import Doubles, Floats, Indices
from models.evaluation.metrics.lists import NO_ITEM
from models.ranking import similarity as definitions
from models.ranking.jaccard import jaccard

Similarity = Callable[[Indices, Indices], Doubles]
"""Similarities [p] of p pairs of items."""

CHUNK = 20_000
"""Pairs of items compared at once, which bounds the memory."""


def cosine_of(vectors: Floats) -> Similarity:
    """The cosine of items by their vectors [I, D]."""
    return lambda a, b: definitions.cosine(vectors[a], vectors[b])


def jaccard_of(attributes: sparse.csr_array) -> Similarity:
    """The Jaccard similarity of items by their attribute sets, bool [I, A]; two empty sets have 0."""
    sets = attributes.astype(np.int32)
    sizes = np.maximum(np.diff(sets.indptr), 1)

    def similarity(a: Indices, b: Indices) -> Doubles:
        shared = np.asarray(sets[a].multiply(sets[b]).sum(axis=1)).ravel()
        return np.asarray(jaccard(shared, sizes[a], sizes[b]))

    return similarity


def cosine_diversity(lists: Indices, vectors: Floats) -> float:
    """Intra-list diversity of lists [C, k] by the cosine of vectors [I, D]; nan where D is 0."""
    return intra_list_diversity(lists, cosine_of(vectors)) if vectors.shape[1] else float("nan")


def jaccard_diversity(lists: Indices, attributes: sparse.csr_array) -> float:
    """Intra-list diversity of lists [C, k] by attribute sets, bool [I, A]; nan where A is 0."""
    return intra_list_diversity(lists, jaccard_of(attributes)) if attributes.shape[1] else float("nan")


def intra_list_diversity(lists: Indices, similarity: Similarity) -> float:
    """Mean over lists [C, k] of the mean over pairs of 1 - similarity.

    NO_ITEM positions are left out; a list with fewer than two items has no diversity. nan where no list has.
    """
    first, second = np.triu_indices(lists.shape[1], k=1)
    a, b = lists[:, first], lists[:, second]  # [C, pairs]
    present = (a != NO_ITEM) & (b != NO_ITEM)
    pairs, pair_number = np.unique(np.stack([a[present], b[present]]), axis=1, return_inverse=True)
    similarities = [
        similarity(pairs[0, start : start + CHUNK], pairs[1, start : start + CHUNK])
        for start in range(0, pairs.shape[1], CHUNK)
    ]
    of_pair = np.zeros(a.shape)
    of_pair[present] = np.concatenate([np.zeros(0), *similarities])[pair_number.ravel()]
    diversity = definitions.intra_list_diversity(of_pair, present)[present.any(axis=1)]
    return float(diversity.mean()) if len(diversity) else float("nan")
