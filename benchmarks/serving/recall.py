"""The recall of a bundle's index: the share of the exact best items that its search finds."""

from pathlib import Path

import faiss
import numpy as np

from models.contract.arrays import Floats
from models.contract.bundle import INDEX, ITEM_VECTORS, USER_VECTORS
from models.ranking.budget import CANDIDATES

USERS = 200


def measure_recall(bundle: Path) -> float:
    """Recall@300 over users of the bundle at random."""
    users = np.load(bundle / USER_VECTORS)
    chosen = np.random.default_rng(0).permutation(len(users))[:USERS]
    return compare_search(
        faiss.read_index(str(bundle / INDEX)),
        np.load(bundle / ITEM_VECTORS, mmap_mode="r"),
        np.ascontiguousarray(users[chosen]),
    )


def compare_search(index: faiss.Index, vectors: Floats, queries: Floats, k: int = CANDIDATES) -> float:
    """The share of the k greatest inner products of each query [Q, D] with vectors [n, D] that the index finds."""
    k = min(k, len(vectors))
    _, found = index.search(queries, k)
    shares = []
    for query, rows in zip(queries, found, strict=True):
        products = vectors @ query
        best = np.argpartition(-products, k - 1)[:k]
        shares.append(len(np.intersect1d(best, rows)) / k)
    return float(np.mean(shares))
