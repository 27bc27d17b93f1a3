"""The FAISS index over item vectors; its type depends on the catalogue's size (docs/measurements.md)."""

from pathlib import Path

import faiss
import numpy as np

from models.contract.arrays import Floats

FLAT_ITEMS = 50_000
"""Up to this many items the index is exact."""
HALF_ITEMS = 200_000
"""Up to this many items it stores float16 vectors; above, it is IVF with 8-bit vectors."""
LISTS_PER_ROOT = 2.0
"""Inverted lists per square root of the number of items."""
PROBES = 48
"""Inverted lists searched per query."""
LIST_SAMPLE = 64
"""Items per inverted list that the lists are fitted on: more take longer and find no more."""


def build_index(vectors: Floats) -> faiss.Index:
    """Build an index for inner products with vectors [n, D + 2]: flat, float16, or IVF,SQ8 by size."""
    count, width = vectors.shape
    contiguous = np.ascontiguousarray(vectors, dtype=np.float32)
    if count > HALF_ITEMS:
        return build_lists(contiguous)
    if count <= FLAT_ITEMS:
        index: faiss.Index = faiss.IndexFlatIP(width)
    else:
        index = faiss.index_factory(width, "SQfp16", faiss.METRIC_INNER_PRODUCT)
    index.train(contiguous)
    index.add(contiguous)
    return index


def build_lists(vectors: Floats) -> faiss.Index:
    """Inverted lists with 8-bit vectors, in which a query [D + 2] finds the greatest inner products by distance.

    A further number makes all vectors of one length, and is 0 in a query, so that the nearest ones are those with the
    greatest products (Bachrach et al. 2014). Lists by inner product are of directions: they miss the long vectors that
    users want most. The distances that a search gives mean nothing else.
    """
    count, width = vectors.shape
    squares = np.einsum("nd,nd->n", vectors, vectors)
    rest = np.sqrt(np.maximum(squares.max() - squares, 0))
    extended = np.concatenate([vectors, rest[:, None]], axis=1)
    index = faiss.index_factory(width + 1, f"IVF{int(LISTS_PER_ROOT * np.sqrt(count))},SQ8", faiss.METRIC_L2)
    faiss.extract_index_ivf(index).cp.max_points_per_centroid = LIST_SAMPLE
    faiss.ParameterSpace().set_index_parameter(index, "nprobe", PROBES)
    index.train(extended)
    index.add(extended)
    widen = faiss.LinearTransform(width, width + 1, False)
    faiss.copy_array_to_vector(np.eye(width + 1, width, dtype=np.float32).ravel(), widen.A)
    widen.is_trained = True
    return faiss.IndexPreTransform(widen, index)


def write_index(path: Path, vectors: Floats) -> None:
    """Build the index over vectors [n, D + 2] and write it to `path`."""
    faiss.write_index(build_index(vectors), str(path))
