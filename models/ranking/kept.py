"""Kept items: some of the candidates stand first in a given order, and the others are re-ranked below them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Floats, Indices
from models.ranking.order import sort_by_relevance
from models.ranking.rerank import Diversity, RerankedList, rerank
from models.ranking.similarity import Similarity


@dataclass(frozen=True, slots=True)
class Pool:
    """K candidates to choose a list from."""

    scores: Floats  # [K]
    vectors: Floats  # [K, D]
    labels: Sequence[frozenset[str]]  # K label sets


def find_positions(rows: Indices, kept: Indices) -> Indices:
    """The positions in rows [K] of the kept rows that are among them, in the order of `kept`."""
    position_of = {row: position for position, row in enumerate(rows.tolist())}
    return np.array([position_of[row] for row in kept.tolist() if row in position_of], dtype=np.int64)


def rerank_below(pool: Pool, kept: Indices, diversity: Diversity, n: int) -> RerankedList:
    """The n best of a pool, the positions `kept` first; a run of one category goes on below them.

    The figures are those of the whole list.
    """
    kept = kept[:n]
    others = np.setdiff1d(np.arange(len(pool.scores)), kept)
    labels = [pool.labels[position] for position in others.tolist()]
    above = [pool.labels[position] for position in kept.tolist()]
    rest = rerank(pool.scores[others], pool.vectors[others], labels, diversity, n - len(kept), above)
    order = np.concatenate([kept, others[rest.order]]).astype(np.int64)
    best = sort_by_relevance(pool.scores)[: len(order)]
    cost = float(pool.scores[best].mean() - pool.scores[order].mean()) if len(order) else 0.0
    similarity = Similarity.of(pool.vectors, pool.labels)
    return RerankedList(order, similarity.diversity(order), max(cost, 0.0), rest.degraded)
