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
PROBES = 32
"""Inverted lists searched per query."""


def build_index(vectors: Floats) -> faiss.Index:
    """Build an inner-product index over vectors [n, D + 2]: flat, float16, or IVF,SQ8 by size."""
    count, width = vectors.shape
    if count <= FLAT_ITEMS:
        index: faiss.Index = faiss.IndexFlatIP(width)
    elif count <= HALF_ITEMS:
        index = faiss.index_factory(width, "SQfp16", faiss.METRIC_INNER_PRODUCT)
    else:
        lists = int(LISTS_PER_ROOT * np.sqrt(count))
        index = faiss.index_factory(width, f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
        faiss.ParameterSpace().set_index_parameter(index, "nprobe", PROBES)
    contiguous = np.ascontiguousarray(vectors, dtype=np.float32)
    index.train(contiguous)
    index.add(contiguous)
    return index


def write_index(path: Path, vectors: Floats) -> None:
    """Build the index over vectors [n, D + 2] and write it to `path`."""
    faiss.write_index(build_index(vectors), str(path))
