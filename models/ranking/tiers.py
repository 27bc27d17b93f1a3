"""Re-rank candidates in two tiers: those of the first tier come before all others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Floats, Indices, Mask
from models.ranking.rerank import Diversity, RerankedList, rerank
from models.ranking.similarity import Similarity

LabelSets = Sequence[frozenset[str]]


@dataclass(frozen=True, slots=True)
class Pool:
    """K candidates to choose from."""

    scores: Floats  # [K]
    vectors: Floats  # [K, D]
    labels: LabelSets  # K

    def take(self, rows: Indices) -> "Pool":
        """The candidates at some positions."""
        return Pool(self.scores[rows], self.vectors[rows], [self.labels[row] for row in rows.tolist()])


def rerank_tiers(
    pool: Pool, first: Mask | None, diversity: Diversity, n: int, above: LabelSets = ()
) -> RerankedList:
    """Choose and order n of K candidates as `models.ranking.rerank.rerank` does, those of `first` [K] before others.

    Without `first` there is one tier. The cost in relevance is that within the tiers.
    """
    if first is None or first.all() or not first.any():
        return rerank(pool.scores, pool.vectors, pool.labels, diversity, n, above)
    best = _rerank_rows(pool, np.flatnonzero(first), diversity, n, above)
    shown = [pool.labels[position] for position in best.order.tolist()]
    rest = _rerank_rows(pool, np.flatnonzero(~first), diversity, n - len(best.order), [*above, *shown])
    order = np.concatenate([best.order, rest.order])
    counts = np.array([len(best.order), len(rest.order)])
    costs = np.array([best.relevance_cost, rest.relevance_cost])
    return RerankedList(
        order,
        Similarity.of(pool.vectors, pool.labels).diversity(order),
        float(costs @ counts / max(counts.sum(), 1)),
        tuple(dict.fromkeys((*best.degraded, *rest.degraded))),
    )


def _rerank_rows(pool: Pool, rows: Indices, diversity: Diversity, n: int, above: LabelSets) -> RerankedList:
    """The list of the candidates at some positions, which it keeps."""
    if n <= 0:
        return RerankedList(np.zeros(0, dtype=np.int64), 0.0, 0.0)
    part = pool.take(rows)
    chosen = rerank(part.scores, part.vectors, part.labels, diversity, n, above)
    return RerankedList(
        rows[chosen.order], chosen.intra_list_diversity, chosen.relevance_cost, chosen.degraded
    )
