"""The FAISS index over the item vectors; its kind by the catalogue's size (docs/measurements.md)."""

from pathlib import Path

import faiss
import numpy as np

from models.contract.arrays import Floats

FLAT_ITEMS = 50_000
HALF_ITEMS = 200_000
LISTS_PER_ROOT = 2.0
PROBES = 32


def build_index(vectors: Floats) -> faiss.Index:
    """An inner-product index over vectors [n, D + 1]: exact to 50K items, halves to 200K, then IVF,SQ8."""
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
    """Build and write."""
    faiss.write_index(build_index(vectors), str(path))
