"""The FAISS index over the text vectors of a large catalogue, with the recall of its search (docs/performance.md)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np

from models.contract.arrays import Doubles, Floats, Indices
from models.contract.packed_items import PACKED_FROM
from models.contract.text_search import TextSearch, write_search
from models.ranking.order import best_rows

LISTS_PER_ROOT = 2.0
"""Inverted lists per square root of the number of items."""
CENTROID_SAMPLE, ROUNDS = 64, 8
"""Items per centroid of a k-means, and its rounds: more take longer and find no more."""
CHUNK = 20_000
"""Items read at once: a catalogue's texts may be a map of a file larger than the memory."""
QUERIES, GOLDEN_QUERIES = 64, 8
"""Queries that measure the recall, and those of them that the service repeats."""
NEAREST = 100
"""Of each query: the rows that a list of 300 candidates takes from its words."""
ENOUGH = 0.98
"""The recall from which on a search is wide enough."""
STEPS = ((64, 1000), (128, 1000), (256, 1000), (256, 2000), (512, 2000))
"""(lists searched, rows whose cosines are computed exactly) in the order in which they are tried.

The first finds .998 of the nearest rows of words among a million items, and .993 with 700 rows (docs/performance.md).
"""
CODED_NUMBERS = 2
"""Numbers of a vector in 4 bits of a product quantizer (Jegou et al. 2011), whose distances come from tables that fit
registers (Andre et al. 2015): as exact as 4 numbers in 8 bits, and seven times as fast.
"""


@dataclass(frozen=True, slots=True)
class MeasuredQueries:
    """Queries with what exact search finds for them."""

    vectors: Floats  # [Q, T] of length 1
    nearest: Indices  # [Q, k]

    def take(self, count: int) -> "MeasuredQueries":
        """The first queries."""
        return MeasuredQueries(self.vectors[:count], self.nearest[:count])

    def measure_recall(self, index: faiss.Index, rescored: int) -> Floats:
        """[Q] the share of the nearest rows among the best `rescored` of an index, which exact cosines then order."""
        _, found = index.search(self.vectors, rescored)
        pairs = zip(self.nearest, found, strict=True)
        return np.array(
            [len(np.intersect1d(rows, given)) / len(rows) for rows, given in pairs], dtype=np.float32
        )


def write_text_index(index_path: Path, search_path: Path, texts: Floats, seed: int = 0) -> bool:
    """Write the index over text vectors [n, T] of length 1, zeros for an item without one, and its search beside it.

    The smallest index and the narrowest search of STEPS with the recall ENOUGH are taken. Returns False, and writes
    nothing, for a small catalogue, for one without texts, and where no search has that recall: a service then reads all
    vectors.
    """
    if len(texts) <= PACKED_FROM or not texts.shape[1]:
        return False
    with_text = np.flatnonzero(np.concatenate([part.any(axis=1) for part in _split(texts)]))
    if not len(with_text):
        return False
    random = np.random.default_rng(seed)
    queries = _draw_queries(texts, with_text, random)
    for kind in _list_kinds(texts.shape[1]):
        index = _build(kind, texts, random)
        for probes, rescored in STEPS:
            faiss.extract_index_ivf(index).nprobe = probes
            recall = queries.measure_recall(index, rescored)
            if recall.mean() >= ENOUGH:
                mean, covariance = measure_moments(texts)
                golden = queries.take(GOLDEN_QUERIES)
                found = recall[:GOLDEN_QUERIES]
                faiss.write_index(index, str(index_path))
                write_search(
                    search_path,
                    TextSearch(mean, covariance, rescored, golden.vectors, golden.nearest, found),
                )
                return True
    return False


def measure_moments(texts: Floats) -> tuple[Doubles, Doubles]:
    """The mean [T] and the covariance [T, T] of the vectors [n, T] that are not zeros."""
    size = texts.shape[1]
    count, total, products = 0, np.zeros(size), np.zeros((size, size))
    for part in _split(texts):
        count += int(np.count_nonzero(part.any(axis=1)))
        total += part.sum(axis=0, dtype=np.float64)
        products += part.T @ part
    mean = total / max(count, 1)
    return mean, products / max(count, 1) - np.outer(mean, mean)


def _list_kinds(size: int) -> Sequence[str]:
    """The codes of FAISS for the vectors of the lists, the smallest first."""
    quantizers = [f"PQ{size // CODED_NUMBERS}x4fsr"] if size % CODED_NUMBERS == 0 else []
    return (*quantizers, "SQ8")


def _build(kind: str, texts: Floats, random: np.random.Generator) -> faiss.Index:
    """Inverted lists by the inner product, with vectors of a kind."""
    lists = int(LISTS_PER_ROOT * np.sqrt(len(texts)))
    index = faiss.index_factory(texts.shape[1], f"IVF{lists},{kind}", faiss.METRIC_INNER_PRODUCT)
    fitted = [faiss.extract_index_ivf(index).cp]
    fitted += [index.pq.cp] if isinstance(index, faiss.IndexIVFPQFastScan) else []
    for clustering in fitted:
        clustering.max_points_per_centroid, clustering.niter = CENTROID_SAMPLE, ROUNDS
    sample = np.sort(random.permutation(len(texts))[: CENTROID_SAMPLE * lists])
    index.train(np.ascontiguousarray(texts[sample]))
    for part in _split(texts):
        index.add(part)
    return index


def _draw_queries(texts: Floats, with_text: Indices, random: np.random.Generator) -> MeasuredQueries:
    """Queries between the texts of up to three of the rows `with_text`.

    Words of a request are near to several items, not to one.
    """
    drawn = random.choice(with_text, (QUERIES, 3))
    weights = np.arange(3) <= (np.arange(QUERIES) % 3)[:, None]
    sums = np.einsum("qpt,qp->qt", texts[drawn], weights.astype(np.float32))
    vectors = np.asarray(sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9), np.float32)
    cosines = np.concatenate([vectors @ part.T for part in _split(texts)], axis=1)  # [Q, n]
    return MeasuredQueries(vectors, np.stack([best_rows(cosine, NEAREST) for cosine in cosines]))


def _split(texts: Floats) -> Iterator[Floats]:
    return (
        np.ascontiguousarray(texts[start : start + CHUNK], dtype=np.float32)
        for start in range(0, len(texts), CHUNK)
    )
